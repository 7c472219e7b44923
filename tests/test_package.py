"""What a wheel holds, and what it does not."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(out)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_only_the_package_becomes_importable(wheel: zipfile.ZipFile):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"edgefer"}


def test_recipes_students_and_type_marker_are_inside(wheel: zipfile.ZipFile):
    names = set(wheel.namelist())
    assert {f"edgefer/recipes/{path.name}" for path in (ROOT / "recipes").glob("*.toml")} <= names
    assert {f"edgefer/students/{path.name}" for path in (ROOT / "edgefer" / "students").glob("*.*")} <= names
    assert "edgefer/py.typed" in names
    page = (ROOT / "edgefer" / "camera" / "web_page").iterdir()
    assert {f"edgefer/camera/web_page/{path.name}" for path in page} <= names


def test_no_data_and_no_engine_is_inside(wheel: zipfile.ZipFile):
    suffixes = {Path(name).suffix for name in wheel.namelist()}
    assert not suffixes & {".npy", ".csv", ".png", ".jpg", ".mkv", ".engine", ".plan"}
    assert sum(info.compress_size for info in wheel.infolist()) < 20_000_000


def test_the_command_is_declared(wheel: zipfile.ZipFile):
    entry = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
    assert "edgefer = edgefer.__main__:main" in wheel.read(entry).decode()


def test_the_root_shim_runs_the_command():
    import edgefer

    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == f"edgefer {edgefer.__version__}"
    assert len((ROOT / "cli.py").read_text().splitlines()) == 3
