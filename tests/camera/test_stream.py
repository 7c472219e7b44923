"""Network streams from a real server on this machine, which is killed and started again."""

from __future__ import annotations

import os
import shutil
import threading
from contextlib import suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest

from edgefer.camera import grabber, live, stream
from edgefer.camera.endurance import Endurance
from edgefer.camera.stream import open_stream
from edgefer.camera.video import Film, VideoFile
from edgefer.errors import SourceError, UsageError
from tests import mjpeg_server
from tests.films import cut, film, picture, until_error

PATIENT = Endurance(reconnect=20, silent=5, frozen=0)


@pytest.fixture
def jpeg(tmp_path):
    return picture(tmp_path / "a.jpg", 77, (48, 64, 3))


@pytest.fixture
def servers():
    """Starts servers, and kills those that a test leaves."""
    running = []

    def start(*args, **more):
        process, port = mjpeg_server.start(*args, **more)
        running.append(process)
        return process, port

    yield start
    for process in running:
        if process.poll() is None:
            mjpeg_server.kill(process)


def level(frame):
    return int(frame.picture[8, 8, 0])


def test_a_stream_whose_server_is_killed_and_started_again(servers, jpeg, tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(grabber, "RETRY", 0.1)
    monkeypatch.setattr(live, "DELAYS", (0.0, 0.1))
    first, port = servers(jpeg)
    with open_stream(f"http://me:secret@127.0.0.1:{port}/a.mjpg?token=secret", PATIENT) as source:
        assert "64x48" in source.description
        frames = iter(source)
        before = next(frames)
        mjpeg_server.kill(first)
        threading.Timer(0.5, lambda: servers(picture(tmp_path / "b.jpg", 200, (48, 64, 3)), port)).start()
        indices = [before.index]
        for frame in frames:
            indices.append(frame.index)
            if level(frame) > 150:
                break
        assert abs(level(before) - 77) < 4
        assert indices == list(range(len(indices)))
        assert frame.time - before.time > 0.4, "the gap shows in the time"
    told = capfd.readouterr().err
    assert f"http://me:***@127.0.0.1:{port}/a.mjpg?token=*** stopped giving frames; opening it again" in told
    assert f"http://me:***@127.0.0.1:{port}/a.mjpg?token=*** is back after" in told
    assert "secret" not in told + source.description


@pytest.fixture
def hanging(jpeg):
    """The port of a server that gives its first reader some frames and then nothing more, without hanging up."""
    body = jpeg.read_bytes()
    over = threading.Event()
    readers = []

    class Hanging(BaseHTTPRequestHandler):
        def do_GET(self):
            readers.append(self)
            self.send_response(200)
            self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
            self.end_headers()
            with suppress(OSError):
                while not over.wait(0.01):
                    if len(readers) > 1 or len(readers[0].sent) < 30:
                        head = b"--frame\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n" % len(body)
                        self.wfile.write(head + body + b"\r\n")
                        self.sent.append(1)

        def setup(self):
            super().setup()
            self.sent = []

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hanging)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server.server_port
    over.set()
    server.shutdown()
    server.server_close()


def test_a_stream_that_hangs_without_hanging_up_is_opened_again(hanging, monkeypatch, capfd):
    monkeypatch.setattr(live, "JOIN", 0.1)
    endurance = Endurance(reconnect=20, silent=1, frozen=0)
    with open_stream(f"http://127.0.0.1:{hanging}/a.mjpg", endurance) as source:
        frames = iter(source)
        next(frames)
        told = ""
        while "is back" not in told and next(frames, None):
            told += capfd.readouterr().err
    assert "has given no frame for 1 s; opening it again" in told


def test_a_stream_that_ends_and_does_not_come_back(servers, jpeg, monkeypatch):
    monkeypatch.setattr(grabber, "RETRY", 0.1)
    process, port = servers(jpeg)
    with open_stream(f"http://127.0.0.1:{port}/a.mjpg", Endurance(reconnect=0.3)) as source:
        frames = iter(source)
        next(frames)
        mjpeg_server.kill(process)
        with pytest.raises(SourceError, match=r"did not come back within 0\.3 s \(http.*does not answer"):
            list(frames)


def test_a_stream_until_it_ends(servers, jpeg, monkeypatch):
    monkeypatch.setattr(grabber, "RETRY", 0.1)
    _, port = servers(jpeg, frames=50)
    with open_stream(f"http://127.0.0.1:{port}/a.mjpg", Endurance(reconnect=0)) as source:
        frames, error = until_error(source)
    assert "stopped giving frames" in error
    assert 1 <= len(frames) <= 50
    assert len(frames) + frames[-1].dropped <= 50


@pytest.mark.parametrize("url", ["rtsp://me:secret@127.0.0.1:9/x", "http://127.0.0.1:9/user=me&password=secret&x"])
def test_a_stream_that_does_not_answer_hides_the_password(capfd, url):
    with pytest.raises(SourceError, match=r"\*\*\*.*does not answer with a video stream"):
        open_stream(url)
    assert "secret" not in capfd.readouterr().err


def test_options_of_a_stream_do_not_stay_for_the_next_file(tmp_path):
    with pytest.raises(SourceError):
        open_stream("rtsp://127.0.0.1:9/x")
    assert stream.VARIABLE not in os.environ
    with VideoFile(film(tmp_path / "a.avi", range(5))) as source:
        assert len(list(source)) == 5


@pytest.fixture
def web(tmp_path):
    """A plain web server of the folder `tmp_path`."""

    class Silent(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_film_behind_http_gives_every_frame_and_ends_well(web, tmp_path):
    film(tmp_path / "a.avi", range(0, 250, 5))
    with open_stream(f"{web}/a.avi?key=secret") as source:
        assert isinstance(source, Film)
        frames = list(source)
    assert [frame.index for frame in frames] == list(range(50))
    assert frames[-1].captured is None
    assert source.description == "a.avi, 96x64 at 25 fps"


def test_a_film_behind_http_that_breaks_off_says_so(web, tmp_path):
    shutil.move(cut(film(tmp_path / "b.avi", range(60)), 0.5), tmp_path / "a.avi")
    with open_stream(f"{web}/a.avi?key=secret") as source:
        frames, error = until_error(source)
    assert len(frames) > 15
    assert "key=*** breaks off after" in error


def test_a_single_picture_is_no_stream():
    with pytest.raises(UsageError, match=r"http://host/snap\.JPG is a single picture"):
        open_stream("http://host/snap.JPG")


def test_a_damaged_address_is_wrong_usage():
    with pytest.raises(UsageError, match="is no address"):
        open_stream("rtsp://[1/x")
