from __future__ import annotations

import hashlib
import io
import os
import pty
import subprocess
import sys
import threading
from functools import partial
from http.server import BaseHTTPRequestHandler, HTTPServer, SimpleHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np
import pytest

from edgefer import paths
from edgefer.camera import yunet
from edgefer.camera.choices import DetectorKind
from edgefer.cli.offer import offer_detector
from edgefer.errors import ArtifactError
from tests import brightness_model
from tests.conftest import one_line
from tests.films import film

BODY = bytes(range(256)) * 30


@pytest.fixture
def server(monkeypatch):
    """Serves a made-up file whose hash is pinned; lists what was asked for."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(yunet, "URL", f"http://127.0.0.1:{http.server_port}/file")
    monkeypatch.setattr(yunet, "SIZE", len(BODY))
    monkeypatch.setattr(yunet, "SHA256", hashlib.sha256(BODY).hexdigest())
    yield asked
    http.shutdown()
    http.server_close()


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def terminal(monkeypatch):
    """Somebody at a terminal, who types this; gives what was printed."""

    def at(typed):
        screen = Terminal()
        monkeypatch.setattr(sys, "stdin", Terminal(typed))
        monkeypatch.setattr(sys, "stderr", screen)
        return screen

    return at


def test_yes_downloads_the_file(server, terminal):
    screen = terminal("y\n")
    offer_detector(DetectorKind.AUTO, None)
    assert yunet.cached().read_bytes() == BODY
    assert f"to {yunet.cached()}? [y/N]" in screen.getvalue()
    offer_detector(DetectorKind.AUTO, None)
    assert (screen.getvalue().count("[y/N]"), len(server)) == (1, 1)


@pytest.mark.parametrize("typed", ["\n", "n\n"])
def test_anything_else_downloads_nothing(server, terminal, typed):
    terminal(typed)
    offer_detector(DetectorKind.YUNET, None)
    assert not server
    assert not yunet.cached().parent.exists()


def test_another_file_is_refused(server, terminal, monkeypatch):
    monkeypatch.setattr(yunet, "SHA256", "0" * 64)
    terminal("y\n")
    with pytest.raises(ArtifactError, match="another file"):
        offer_detector(DetectorKind.YUNET, None)
    assert not yunet.cached().exists()


@pytest.mark.parametrize("kind", [DetectorKind.HAAR, DetectorKind.NONE])
def test_who_needs_no_file_is_not_asked(server, terminal, kind):
    screen = terminal("y\n")
    offer_detector(kind, None)
    assert (screen.getvalue(), server) == ("", [])


def test_the_synthetic_camera_knows_its_faces(server, terminal):
    screen = terminal("y\n")
    offer_detector(DetectorKind.AUTO, None, "demo://?faces=2")
    assert (screen.getvalue(), server) == ("", [])
    offer_detector(DetectorKind.YUNET, None, "demo://")
    assert "[y/N]" in screen.getvalue()


def test_without_a_terminal_nobody_is_asked_and_the_command_is_named(cli, server, tmp_path):
    clip, model = film(tmp_path / "a.avi", [1] * 3), brightness_model.write(tmp_path / "b.onnx")
    result = cli("run", "--source", clip, "--engine", model, "--detector", "yunet", "--headless")
    assert result.code == 1
    assert "edgefer models get yunet" in one_line(result)
    assert "[y/N]" not in result.err
    assert not server


def test_a_git_lfs_pointer_is_told(cli, tmp_path):
    pointer = tmp_path / yunet.FILE
    pointer.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 229738\n")
    clip, model = film(tmp_path / "a.avi", [1] * 3), brightness_model.write(tmp_path / "b.onnx")
    result = cli("run", "--source", clip, "--engine", model, "--detector-model", pointer, "--headless")
    assert result.code == 1
    assert "is a Git-LFS pointer" in one_line(result)


def at_a_terminal(typed, *words, before=""):
    """`edgefer WORDS` in a real terminal: its exit code and what the screen showed."""
    script = f"import sys\n{before}\nfrom edgefer.__main__ import main\nmain()"
    keyboard, screen = pty.openpty()
    command = [sys.executable, "-c", script, *map(str, words)]
    with subprocess.Popen(command, stdin=screen, stdout=screen, stderr=screen) as run:
        os.close(screen)
        os.write(keyboard, typed)
        shown = b""
        while True:
            try:
                block = os.read(keyboard, 4096)
            except OSError:  # what Linux gives at the end
                break
            if not block:
                break
            shown += block
    os.close(keyboard)
    return run.returncode, shown.decode()


def test_run_asks_in_a_real_terminal(tmp_path):
    clip, model = film(tmp_path / "a.avi", [1] * 3), brightness_model.write(tmp_path / "b.onnx")
    code, text = at_a_terminal(b"n\n", "run", "--source", clip, "--engine", model, "--detector", "yunet", "--headless")
    assert code == 1
    assert "Download it (0.23 MB, MIT licence)" in text
    assert text.count("error: ") == 1
    assert "get it with: edgefer models get yunet" in text


def test_from_nothing_to_a_labelled_film(shared, tmp_path):
    """What README promises a new user: the film, `y`, and that is all. The pinned file comes from this machine."""
    names = partial(SimpleHTTPRequestHandler, directory=shared / "models")
    with ThreadingHTTPServer(("127.0.0.1", 0), names) as http:
        threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
        here = f"from edgefer.camera import yunet; yunet.URL = 'http://127.0.0.1:{http.server_port}/{yunet.FILE}'"
        words = ["run", "--source", shared / "data/media/eat.mkv", "--record", "labelled.mp4", "--max-frames", 5]
        code, text = at_a_terminal(b"y\n", *words, before=here)
        http.shutdown()
    assert code == 0, text
    assert paths.sha256(yunet.cached()) == yunet.SHA256
    assert "faces by YuNet; fer2013-s-best on" in text
    assert "5 faces; frames written: 5; files made: labelled.mp4" in text
    recorded, original = (frames(name) for name in ("labelled.mp4", shared / "data/media/eat.mkv"))
    assert len(recorded) == 5
    changed = np.abs(recorded[0].astype(int) - original[0]).max(axis=-1) > 60
    assert changed.mean() > 0.02, "box, label and bars"


def frames(name):
    film = cv2.VideoCapture(str(name))
    found = []
    while len(found) < 50 and (read := film.read())[0]:
        found.append(read[1])
    film.release()
    return found
