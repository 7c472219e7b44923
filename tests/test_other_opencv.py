"""The camera's tests are run with another build of OpenCV, and with no other by mistake."""

from __future__ import annotations

import importlib

import pytest

from tests.conftest import ROOT


@pytest.fixture
def other(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("other_opencv")


@pytest.fixture
def build(tmp_path):
    """A folder with something that calls itself OpenCV 9."""
    (tmp_path / "build").mkdir()
    (tmp_path / "build" / "cv2.py").write_text("__version__ = '9.0.0'")
    return tmp_path / "build"


def test_tests_get_the_build_of_the_folder(other, build, tmp_path, capfd):
    toy = tmp_path / "test_toy.py"
    toy.write_text("import cv2\n\ndef test_toy():\n    assert cv2.__version__ == '9.0.0'\n")
    assert other.tested(build, [str(toy)]) == 0
    assert f"9.0.0 {build}" in capfd.readouterr().out
    toy.write_text("def test_toy():\n    assert False\n")
    assert other.tested(build, [str(toy)]) == 1


def test_a_folder_without_a_build_is_a_failure(other, tmp_path):
    assert other.tested(tmp_path / "nothing", []) == 1


def test_what_pip_cannot_fetch_is_left_out_with_the_reason(other, monkeypatch, capfd):
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    other.main(["opencv-python-headless==4.8.0.76"])
    out = capfd.readouterr().out
    assert "left out: No matching distribution found for opencv-python-headless==4.8.0.76" in out


def test_failing_tests_end_the_command(other, monkeypatch):
    monkeypatch.setattr(other, "fetch", lambda *_: "")
    monkeypatch.setattr(other, "tested", lambda *_: 1)
    with pytest.raises(SystemExit, match="tests fail with a, b"):
        other.main(["a", "b"])


def test_what_is_run_exists(other):
    assert all((ROOT / test).exists() for test in other.TESTS)
