"""The wheel in an environment of its own, away from the checkout, does what a first user does (scripts/smoke_wheel.py)."""

import importlib.util
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Folders of a machine that builds, which no file that is handed on may name.
PRIVATE = re.compile(rb"(?<![\w.])/(?:(?:home|root|work|Users|mnt|var/folders)/[\w.-]+|tmp/\w[\w.-]*)")


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("smoke_wheel", ROOT / "scripts" / "smoke_wheel.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["smoke_wheel"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["smoke_wheel"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """An environment that holds the wheel, and this one's packages but for edgefer itself.

    A path in a .pth file is searched, and its own .pth files, by which a checkout is installed, are not read.
    """
    place = tmp_path_factory.mktemp("environment") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(place)], check=True)
    python = place / "bin" / "python"
    install = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", str(wheel)]
    subprocess.run(install, check=True, capture_output=True)
    (own,) = place.glob("lib/python*/site-packages")
    others = [path for path in sys.path if path.endswith(("site-packages", "dist-packages"))]
    assert others
    (own / "others.pth").write_text("\n".join(others) + "\n")
    return python


def test_the_wheel_alone_does_what_a_first_user_does(script, python, tmp_path):
    said: list[str] = []
    script.smoke(python, tmp_path, said.append)
    assert len(said) == len(script.steps(Path()))


def test_another_edgefer_than_the_wheels_is_noticed(script, tmp_path):
    link = tmp_path / "bin" / "python"
    link.parent.mkdir()
    link.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    link.chmod(0o755)
    with pytest.raises(script.Failed, match="which is not in"):
        script.smoke(link, tmp_path)


def test_a_command_that_fails_ends_it(script, python, tmp_path, monkeypatch):
    monkeypatch.setattr(script, "steps", lambda _: [script.Step(("inspect", "none.onnx"), bool)])
    with pytest.raises(script.Failed, match=r"none\.onnx ended with 1: error: "):
        script.smoke(python, tmp_path)
    monkeypatch.setattr(script, "steps", lambda _: [script.Step(("--version",), lambda out: "no" in out)])
    with pytest.raises(script.Failed, match="printed 'edgefer "):
        script.smoke(python, tmp_path)


def test_nothing_else_of_the_checkout_is_inside(wheel):
    inside = {Path(name) for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    checkout = {path.relative_to(ROOT) for path in (ROOT / "edgefer").rglob("*") if path.is_file()}
    recipes = {Path("edgefer/recipes") / path.name for path in (ROOT / "recipes").iterdir()}
    assert {path for path in inside if "__pycache__" not in path.parts} <= checkout | recipes
    assert not {path for path in inside if {"tests", "docs", "data", "benchmarks", "scripts"} & set(path.parts[:1])}
    pictures = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".pgm", ".npy", ".npz", ".csv", ".pt", ".pth", ".mp4", ".avi"}
    assert not {path for path in inside if path.suffix in pictures}
    assert wheel.stat().st_size < 20_000_000


def test_no_file_names_a_folder_of_the_machine_that_built_it(wheel):
    with zipfile.ZipFile(wheel) as archive:
        found = {name: PRIVATE.findall(archive.read(name)) for name in archive.namelist()}
    assert {name: paths for name, paths in found.items() if paths} == {}
