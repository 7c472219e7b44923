"""Cameras are faked at cv2.VideoCapture; the missing camera and the network stream are real."""

from __future__ import annotations

import os
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer

import cv2
import numpy as np
import pytest

from edgefer.camera import device, live
from edgefer.camera.device import open_camera, open_stream
from edgefer.camera.video import VideoFile
from edgefer.errors import SourceError
from tests.films import film, until_error


class Granted:
    """A camera that grants 1280x720 at 30 fps whatever is asked."""

    asked: list[tuple[int, float]]

    def __init__(self, index, backend):
        self.index, self.backend = index, backend
        Granted.latest = self
        self.asked = []

    def isOpened(self):
        return True

    def set(self, key, value):
        self.asked.append((key, value))

    def get(self, key):
        code = cv2.VideoWriter_fourcc(*"MJPG")
        sizes = {cv2.CAP_PROP_FRAME_WIDTH: 1280, cv2.CAP_PROP_FRAME_HEIGHT: 720}
        return {**sizes, cv2.CAP_PROP_FPS: 30.0, cv2.CAP_PROP_FOURCC: code}.get(key, 0.0)

    def read(self):
        time.sleep(0.001)
        return True, np.zeros((720, 1280), np.uint8)

    def release(self):
        pass


class Busy(Granted):
    def isOpened(self):
        return False


def test_no_camera_is_one_line_and_silent(capfd):
    with pytest.raises(SourceError, match=r"no camera 98.*edgefer run --source FILE"):
        open_camera(98)
    assert capfd.readouterr().err == ""


def test_what_was_granted_is_told(monkeypatch):
    monkeypatch.setattr(cv2, "VideoCapture", Granted)
    with open_camera(3) as source:
        assert source.description == "camera 3, 1280x720 at 30 fps MJPG"
        assert source.fps == 30
        assert next(iter(source)).picture.shape == (720, 1280, 3)
    camera = Granted.latest
    assert camera.backend == cv2.CAP_V4L2
    assert camera.asked[0] == (cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*"MJPG"))


def test_a_device_that_is_there_but_busy(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2, "VideoCapture", Busy)
    (tmp_path / "video3").touch()
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    with pytest.raises(SourceError, match="another program holds it"):
        open_camera(3)
    with pytest.raises(SourceError, match=r"no camera 5 \(there is 3\)"):
        open_camera(5)


def test_a_device_that_one_may_not_open(monkeypatch, tmp_path):
    monkeypatch.setattr(cv2, "VideoCapture", Busy)
    monkeypatch.setattr(device.os, "access", lambda *_: False)
    (tmp_path / "video3").touch()
    monkeypatch.setattr(device, "DEVICES", tmp_path)
    with pytest.raises(SourceError, match="join the group"):
        open_camera(3)


class Stream(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        try:
            for level in range(100):
                body = cv2.imencode(".jpg", np.full((48, 64, 3), 2 * level, np.uint8))[1].tobytes()
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body))
                self.wfile.write(body + b"\r\n")
                time.sleep(0.01)
        except OSError:
            pass

    def log_message(self, *_):
        pass


@pytest.fixture
def port():
    server = HTTPServer(("127.0.0.1", 0), Stream)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    server.shutdown()
    server.server_close()


def test_a_network_stream_until_it_ends(port, monkeypatch):
    monkeypatch.setattr(live, "RETRY", 0.1)
    with open_stream(f"http://127.0.0.1:{port}/a.mjpg") as source:
        assert "64x48" in source.description
        frames, error = until_error(source)
    levels = [int(frame.picture[8, 8, 0]) for frame in frames]
    assert "stopped giving frames" in error
    assert len(levels) > 5
    assert levels == sorted(levels)


def test_a_stream_that_does_not_answer_hides_the_password(capfd):
    with pytest.raises(SourceError, match=r"rtsp://me:\*\*\*@127\.0\.0\.1:9/x does not answer"):
        open_stream("rtsp://me:secret@127.0.0.1:9/x")
    assert "secret" not in capfd.readouterr().err


def test_options_of_a_stream_do_not_stay_for_the_next_file(tmp_path):
    with pytest.raises(SourceError):
        open_stream("rtsp://127.0.0.1:9/x")
    assert device.VARIABLE not in os.environ
    with VideoFile(film(tmp_path / "a.avi", range(5))) as source:
        assert len(list(source)) == 5
