from __future__ import annotations

import pytest

from edgefer.camera import device
from edgefer.doctor.finding import Mark
from edgefer.doctor.probes import cameras, v4l2


@pytest.fixture
def devices(tmp_path, monkeypatch):
    """A folder in place of /dev."""
    (tmp_path / "dev").mkdir()
    monkeypatch.setattr(device, "DEVICES", tmp_path / "dev")
    monkeypatch.setattr(cameras.confines, "container", lambda: "")
    return tmp_path / "dev"


def test_no_camera_is_no_fault(devices, monkeypatch):
    (found,) = cameras.cameras()
    assert (found.mark, found.fact) == (Mark.ABSENT, "none is plugged in")
    monkeypatch.setattr(cameras.confines, "container", lambda: "Docker")
    assert "--device /dev/video0" in cameras.cameras()[0].fix


def test_what_is_no_camera_does_not_answer(devices):
    (devices / "video0").write_bytes(b"")
    (found,) = cameras.cameras()
    assert (found.name, found.mark) == ("camera 0", Mark.WARNING)
    assert "does not answer" in found.fact


def test_cameras_are_told_apart_and_codecs_left_out(devices, monkeypatch):
    for name in ("video10", "video2", "video3", "video-dec0"):
        (devices / name).write_bytes(b"")
    webcam = v4l2.Device("HD Webcam", (v4l2.Mode("MJPG", 1280, 720, 30.0), v4l2.Mode("MJPG", 640, 480, 30.0)))

    def look(path):
        if path.name == "video10":
            raise PermissionError(13, "Permission denied")
        return webcam if path.name == "video2" else None

    monkeypatch.setattr(v4l2, "look", look)
    seen, refused = cameras.cameras()
    assert (seen.name, seen.mark, seen.fact) == ("camera 2", Mark.OK, "HD Webcam; MJPG 1280x720 at 30 fps")
    assert len(seen.details["modes"]) == 2
    assert (refused.name, refused.mark) == ("camera 10", Mark.WARNING)
    assert refused.fix.startswith('sudo usermod -aG video "$USER"')
