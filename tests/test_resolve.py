"""The base install and every extra resolve from wheels, on every Python and processor that edgefer names.

Asked of the package index by uv; skipped where either is not here. scripts/resolve.py states what is expected, and asks about
each extra by itself; here all extras are asked for at once, since what resolves together resolves alone.
"""

from __future__ import annotations

import importlib
import re
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("resolve")


@pytest.fixture
def asked(script):
    """A function that asks for several combinations side by side; the test is skipped where nobody answers."""

    def ask(*questions):
        with ThreadPoolExecutor(4) as pool:
            answers = [pool.submit(question) for question in questions]
            try:
                return [answer.result() for answer in answers]
            except script.NoIndexError as reason:
                pytest.skip(str(reason))

    return ask


def test_everything_resolves_from_wheels(script, asked, tmp_path):
    left_out = script.without(tmp_path)
    names = script.extras(ROOT / "pyproject.toml")
    cells = [(python, platform) for python in script.PYTHONS for platform in script.PLATFORMS.values()]
    answers = asked(*(lambda cell=cell: script.resolve(names, *cell, *left_out) for cell in cells))
    assert {cell: answer.why_not for cell, answer in zip(cells, answers, strict=True) if answer.why_not} == {}
    assert all({"numpy", "torch", "cuda-bindings", "timm", "pytest"} <= set(answer.versions) for answer in answers)


def test_what_does_not_is_refused_for_the_reason_that_is_stated(script, asked, tmp_path):
    cells = [(one.extra, machine) for one in script.SOURCE for machine in script.PLATFORMS]
    answers = asked(*(lambda cell=cell: script.cell(*cell, "3.12", tmp_path) for cell in cells))
    assert {cell: why for cell, why in zip(cells, answers, strict=True) if why} == {}


def test_the_oldest_versions_resolve(script, asked):
    answers = asked(
        *(
            lambda name=name: script.resolve([], script.PYTHONS[0], name, "--resolution", "lowest-direct")
            for name in script.PLATFORMS.values()
        )
    )
    floors = dict(re.findall(r'^    "([a-z-]+)>=([\d.]+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE))
    for answer in answers:
        assert answer.why_not == ""
        assert answer.versions["numpy"].startswith(floors["numpy"])
        assert answer.versions["onnxruntime"].startswith(floors["onnxruntime"])
        # typer 0.15 came before click 8.2, admits it, and then refuses every option with a default that is a word.
        assert answer.versions["typer"] >= "0.16"


def test_boards_resolve_under_their_constraints(script, asked, tmp_path):
    six, seven = asked(*(lambda one=one: script.board(one, tmp_path) for one in script.BOARDS))
    assert (six.why_not, seven.why_not) == ("", "")
    # A driver of CUDA 12 runs nothing of CUDA 13, and JetPack's own OpenCV is compiled for NumPy 1.
    assert six.versions["cuda-bindings"].startswith("12.")
    assert seven.versions["cuda-bindings"].startswith("13.")
    assert {six.versions["numpy"], seven.versions["numpy"]} == {"1.26.4"}
    # JetPack brings TensorRT; pip's is for other machines.
    assert not [name for answer in (six, seven) for name in answer.versions if name.startswith("tensorrt")]


def test_a_pin_that_cannot_be_met_is_found(script, asked, tmp_path):
    project = tmp_path / "pyproject.toml"
    text = (ROOT / "pyproject.toml").read_text().replace('"numpy>=1.26"', '"numpy>=2.4"')
    project.write_text(text.replace('dynamic = ["version"]', 'version = "0"'))
    (answer,) = asked(lambda: script.resolve([], "3.10", script.PLATFORMS["x86-64"], project=project))
    assert "numpy>=2.4" in answer.why_not


def test_without_an_index_the_reason_is_said(script, monkeypatch, tmp_path):
    if not (shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))):
        pytest.skip("uv is not installed")
    monkeypatch.setenv("UV_DEFAULT_INDEX", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    with pytest.raises(script.NoIndexError, match="the package index cannot be reached"):
        script.resolve([], "3.12", script.PLATFORMS["x86-64"])


def test_without_uv_the_reason_is_said(script, monkeypatch):
    monkeypatch.setattr(script.shutil, "which", lambda *_, **__: None)
    with pytest.raises(script.NoIndexError, match="uv is not installed"):
        script.resolve([], "3.12", script.PLATFORMS["x86-64"])


def test_every_extra_and_constraints_file_is_known(script):
    names = script.extras(ROOT / "pyproject.toml")
    assert {"train", "tensorrt", "rtx", "test"} <= set(names)
    assert {one.extra for one in (*script.SOURCE, *script.ABSENT)} <= set(names)
    assert {path.name for path in ROOT.glob("constraints-*.txt")} == {one.constraints for one in script.BOARDS}
