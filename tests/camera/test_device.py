"""Cameras are faked at cv2.VideoCapture; the missing camera, the program that holds one and the links are real."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.camera import device
from edgefer.camera.asked import Asked, Codec
from edgefer.camera.device import camera_number, open_camera, open_csi
from edgefer.camera.endurance import Endurance
from edgefer.errors import BackendError, SourceError, UsageError
from tests.films import film

MJPG, YUYV = (cv2.VideoWriter_fourcc(*code) for code in ("MJPG", "YUYV"))


class Granted:
    """A camera that grants 1280x720 at 30 fps whatever is asked."""

    opened: list[Granted]

    def __init__(self, index, backend):
        self.index, self.backend = index, backend
        Granted.opened.append(self)
        self.asked: list[tuple[int, float]] = []

    def isOpened(self):
        return True

    def set(self, key, value):
        self.asked.append((key, value))

    def get(self, key):
        sizes = {cv2.CAP_PROP_FRAME_WIDTH: 1280, cv2.CAP_PROP_FRAME_HEIGHT: 720}
        return {**sizes, cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_FOURCC: MJPG}.get(key, 0.0)

    def read(self):
        time.sleep(0.001)
        return True, np.zeros((720, 1280), np.uint8)

    def release(self):
        pass


class Busy(Granted):
    def isOpened(self):
        return False


@pytest.fixture(autouse=True)
def none_opened(monkeypatch):
    monkeypatch.setattr(Granted, "opened", [], raising=False)


@pytest.fixture
def camera(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Granted)


@pytest.fixture
def busy(monkeypatch, tmp_path):
    """A folder of devices in which video3 does not open."""
    monkeypatch.setattr(cv2, "VideoCapture", Busy)
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    (tmp_path / "video3").touch()
    return tmp_path / "video3"


def test_no_camera_is_one_line_and_silent(capfd):
    with pytest.raises(SourceError, match=r"no camera 98.*edgefer run --source FILE"):
        open_camera(98)
    assert capfd.readouterr().err == ""


def test_what_was_granted_is_told(camera):
    with open_camera(3) as source:
        assert source.description == "camera 3, 1280x720 at 30 fps MJPG"
        assert source.fps == 30
        assert next(iter(source)).picture.shape == (720, 1280, 3)
    (opened,) = Granted.opened
    assert opened.backend == cv2.CAP_V4L2
    assert opened.asked == [(cv2.CAP_PROP_FOURCC, MJPG), (cv2.CAP_PROP_BUFFERSIZE, 1)]


def test_what_was_asked_is_told_beside_it_and_the_codec_is_set_first(camera):
    with open_camera(3, Asked((1920, 1080), 60, Codec.YUYV)) as source:
        assert source.description == "camera 3, asked 1920x1080 at 60 fps YUYV, granted 1280x720 at 30 fps MJPG"
    assert Granted.opened[0].asked == [
        (cv2.CAP_PROP_FOURCC, YUYV),
        (cv2.CAP_PROP_FRAME_WIDTH, 1920),
        (cv2.CAP_PROP_FRAME_HEIGHT, 1080),
        (cv2.CAP_PROP_FPS, 60),
        (cv2.CAP_PROP_BUFFERSIZE, 1),
    ]


def test_a_device_that_does_not_open(busy):
    with pytest.raises(SourceError, match=r"another program holds it, or .*video3 is no video input"):
        open_camera(3)
    with pytest.raises(SourceError, match=r"no camera 5 \(there is 3\)"):
        open_camera(5)


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="tells who holds a file by /proc")
def test_who_holds_a_busy_camera(busy):
    code = "import sys; f = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", code, busy], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(SourceError, match=rf"camera 3 is busy: .+ \(process {holder.pid}\) holds it"):
            open_camera(3)
        holder.communicate("")


def test_a_device_that_one_may_not_open(busy, monkeypatch):
    monkeypatch.setattr(device.os, "access", lambda *_: False)
    with pytest.raises(SourceError, match="join the group"):
        open_camera(3)


def test_a_link_follows_its_camera_to_another_number(camera, tmp_path, monkeypatch):
    link = tmp_path / "usb-Some_Camera-index0"
    for number in (2, 4):
        (tmp_path / f"video{number}").touch()
    link.symlink_to("video2")
    with open_camera(link) as source:
        assert source.description.startswith(f"camera {link}, ")
        assert Granted.opened[0].index == 2
        link.unlink()
        link.symlink_to("video4")
        monkeypatch.setattr(source._grabber, "failure", SourceError("unplugged"))
        with source._fresh:
            source._grabber.take()
        frames = iter(source)
        while Granted.opened[-1].index == 2:
            next(frames)
    assert Granted.opened[-1].index == 4


def test_what_is_no_camera(camera, tmp_path, monkeypatch):
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    with pytest.raises(SourceError, match=r"no camera .*gone"):
        open_camera(tmp_path / "gone")
    with pytest.raises(SourceError, match="/dev/null is no camera"):
        open_camera(Path("/dev/null"))


def test_h264_and_csi_need_gstreamer(monkeypatch):
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _: False)
    with pytest.raises(BackendError, match=r"--codec h264 needs an OpenCV with GStreamer.*on a Jetson use"):
        open_camera(0, Asked(codec=Codec.H264))
    with pytest.raises(BackendError, match=r"csi://1 needs an OpenCV with GStreamer.*on a Jetson use"):
        open_csi(1)


def test_a_csi_camera_is_a_pipeline(camera, monkeypatch):
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _: True)
    with open_csi(1, Asked((1280, 720), 60)) as source:
        assert source.description == "csi://1, asked 1280x720 at 60 fps, granted 1280x720 at 30 fps"
    (opened,) = Granted.opened
    assert opened.backend == cv2.CAP_GSTREAMER
    assert opened.index.startswith("nvarguscamerasrc sensor-id=1 ! ")
    with pytest.raises(UsageError, match="csi:// has no codec"):
        open_csi(0, Asked(codec=Codec.MJPG))


def test_a_pipeline_that_does_not_start(busy, monkeypatch):
    monkeypatch.setattr(cv2.videoio_registry, "hasBackend", lambda _: True)
    with pytest.raises(
        SourceError, match=r"csi://0 does not start \(nvarguscamerasrc sensor-id=0 gives nothing\).*nvargus"
    ):
        open_csi(0)
    with pytest.raises(SourceError, match=r"camera 3 does not start.*--codec mjpg"):
        open_camera(3, Asked(codec=Codec.H264))


class Unplugged(Granted):
    """The first connection ends after one frame, the camera is away once, then it is back."""

    def __init__(self, index, backend):
        super().__init__(index, backend)
        self.number = len(Granted.opened)
        self.reads = 0

    def isOpened(self):
        return self.number != 2

    def read(self):
        self.reads += 1
        return super().read() if self.number == 3 or self.reads == 1 else (False, None)


def test_a_camera_that_is_unplugged_and_comes_back_is_asked_for_the_same(monkeypatch, capsys, tmp_path):
    monkeypatch.setattr(cv2, "VideoCapture", Unplugged)
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    monkeypatch.setattr("edgefer.camera.grabber.RETRY", 0.05)
    monkeypatch.setattr("edgefer.camera.live.DELAYS", (0.0, 0.02))
    with open_camera(3, Asked((1280, 720)), Endurance(reconnect=20)) as source:
        frames = iter(source)
        assert [next(frames).index for _ in range(3)] == [0, 1, 2]
    first, _, last = Granted.opened
    assert first.asked == last.asked
    assert "camera 3 stopped giving frames; opening it again, for up to 20 s\ncamera 3 is back after" in (
        capsys.readouterr().err
    )


@pytest.mark.parametrize(("text", "number"), [("0", 0), ("/dev/video12", 12), ("video3", 3), ("a.mp4", None)])
def test_numbers_of_cameras(text, number):
    assert camera_number(text) == number


def test_a_file_is_not_taken_for_a_camera(tmp_path):
    with pytest.raises(SourceError, match="is no camera"):
        open_camera(film(tmp_path / "a.avi", [1]))
