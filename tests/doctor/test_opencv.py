from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from edgefer.camera import yunet
from edgefer.doctor.finding import Mark
from edgefer.doctor.probes import opencv
from tests.doctor.asking import findings

HEADLESS = "EDGEFER_TEST_HEADLESS_OPENCV"


def distribution(folder: Path, name: str) -> None:
    info = folder / f"{name.replace('-', '_')}-4.12.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 4.12.0\n")


def test_the_advice_for_no_detector_turns_it_green(shared):
    before = findings("opencv:detector")["face detector"]
    assert before.mark in (Mark.MISSING, Mark.WARNING)  # the latter where OpenCV carries Haar
    assert before.fix == "edgefer models get yunet"
    yunet.cached().parent.mkdir(parents=True)
    shutil.copy(shared / "models" / yunet.FILE, yunet.cached())  # what that line does, without a network
    after = findings("opencv:detector")["face detector"]
    assert (after.mark, after.fact) == (Mark.OK, f"YuNet, {yunet.cached()}")


def test_the_advice_for_a_detector_that_is_none_turns_it_green(shared, tmp_path, monkeypatch):
    wrong = tmp_path / "other.onnx"
    wrong.write_bytes(b"no detector")
    monkeypatch.setenv(yunet.VARIABLE, str(wrong))
    found = findings("opencv:detector")["face detector"]
    assert found.mark is Mark.MISSING
    assert found.fix == "unset EDGEFER_YUNET && edgefer models get yunet"
    monkeypatch.delenv(yunet.VARIABLE)
    yunet.cached().parent.mkdir(parents=True)
    shutil.copy(wrong, yunet.cached())
    found = findings("opencv:detector")["face detector"]
    assert found.fix == f"rm -f {yunet.cached()} && edgefer models get yunet"
    first, _, _ = found.fix.partition(" && ")
    subprocess.run(first, shell=True, check=True)
    shutil.copy(shared / "models" / yunet.FILE, yunet.cached())
    assert findings("opencv:detector")["face detector"].mark is Mark.OK


def test_opencv_as_it_is_installed_here():
    found = findings("opencv:build")["OpenCV"]
    headless = found.details["gui"] == "NONE"
    assert found.mark is (Mark.WARNING if headless or len(found.details["packages"]) > 1 else Mark.OK)
    assert "FFmpeg" in found.fact


def test_the_advice_for_headless_opencv_turns_it_green(monkeypatch):
    folder = os.environ.get(HEADLESS, "")
    if not folder:
        pytest.skip(f"needs {HEADLESS}=FOLDER, made with: pip install --no-deps --target FOLDER opencv-python-headless")
    green = findings("opencv:build")["OpenCV"]
    if green.mark is not Mark.OK:
        pytest.skip("needs an opencv-python with windows beside it")
    with monkeypatch.context() as headless:
        headless.syspath_prepend(folder)
        found = findings("opencv:build")["OpenCV"]
    assert (found.mark, found.details["gui"]) == (Mark.WARNING, "NONE")
    assert found.fix.startswith("pip uninstall -y ")
    assert "opencv-python-headless" in found.fix.split(" && ")[0].split()
    assert found.fix.split(" && ")[1].startswith("pip install ")
    assert findings("opencv:build")["OpenCV"].mark is Mark.OK  # without the headless one


def test_a_headless_build_alone(monkeypatch):
    monkeypatch.setattr(opencv, "installed", lambda names: {names[1]: "4.12.0"} if len(names) > 1 else {})
    monkeypatch.setattr("edgefer.camera.window.toolkit", lambda: "NONE")
    (found,) = opencv.build()
    assert found.mark is Mark.WARNING
    assert "no windows" in found.fact
    assert found.fix == "pip uninstall -y opencv-python-headless && pip install opencv-python"


def test_two_builds_overwrite_each_other(tmp_path, monkeypatch):
    before = findings("opencv:build")["OpenCV"]
    with monkeypatch.context() as both:
        for name in ("opencv-python", "opencv-python-headless"):
            distribution(tmp_path / "site", name)
        both.syspath_prepend(str(tmp_path / "site"))
        found = findings("opencv:build")["OpenCV"]
    assert found.mark is Mark.WARNING
    assert "opencv-python and opencv-python-headless are both installed" in found.fact
    assert found.fix.startswith("pip uninstall -y opencv-python opencv-python-headless && pip install ")
    assert findings("opencv:build")["OpenCV"].mark is before.mark


@pytest.mark.parametrize(
    ("code", "fix"),
    [
        ("raise ImportError('libGL.so.1: cannot open shared object file')", "sudo apt install libgl1"),
        (
            "raise ImportError('numpy.core.multiarray failed to import')",
            "pip install --upgrade 'opencv-python>=4.12' numpy",
        ),
        ("", "pip install"),  # what is left when one of two builds was removed: a folder without OpenCV
    ],
)
def test_an_opencv_that_cannot_be_loaded(tmp_path, monkeypatch, code, fix):
    (tmp_path / "site" / "cv2").mkdir(parents=True)
    (tmp_path / "site" / "cv2" / "__init__.py").write_text(code)
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    for target, name in (("opencv:build", "OpenCV"), ("opencv:detector", "face detector")):
        found = findings(target)[name]
        assert found.mark is Mark.MISSING
        assert fix in found.fix


def test_numpy_1_keeps_an_opencv_that_takes_it(monkeypatch):
    monkeypatch.setattr(opencv, "installed", lambda _: {"numpy": "1.26.4"})
    assert opencv._anew({"opencv-python-headless": "4.10"}).endswith("&& pip install 'opencv-python<4.12'")
    monkeypatch.setattr(opencv, "installed", lambda _: {"numpy": "2.4.0"})
    assert opencv._anew({"opencv-contrib-python-headless": "4.10"}).endswith("&& pip install opencv-contrib-python")
    assert opencv._anew({}) == "pip install opencv-python"


def test_no_display_is_no_fault(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    (found,) = opencv.display()
    assert found.mark is Mark.ABSENT
    assert "--web" in found.fix
    monkeypatch.setattr("edgefer.camera.window.why_headless", lambda: "")
    assert opencv.display()[0].mark is Mark.OK


def test_on_a_jetson_the_systems_opencv_is_named_and_the_one_that_hides_it_goes(monkeypatch):
    cv2 = pytest.importorskip("cv2")
    from edgefer.benchmark import jetson

    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        pytest.skip("needs an OpenCV without GStreamer")
    monkeypatch.setattr("edgefer.camera.window.toolkit", lambda: "GTK")
    monkeypatch.setattr(opencv, "installed", lambda names: {"opencv-python": "4.11.0"} if len(names) > 1 else {})
    monkeypatch.setattr(jetson, "is_jetson", lambda: True)
    (found,) = opencv.build()
    assert found.mark is Mark.WARNING
    assert found.fact.endswith("no GStreamer, which CSI cameras need")
    system, venv, hidden = found.fix.split(" && ")
    assert system == "sudo apt install libopencv-python"
    assert "--system-site-packages .venv" in venv
    assert hidden == ".venv/bin/pip uninstall -y opencv-python"
