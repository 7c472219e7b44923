"""Finding and fetching the detector's file; the server is this machine, the file is made up, its hash pinned to match."""

from __future__ import annotations

import hashlib
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from edgefer.camera import yunet
from edgefer.errors import ArtifactError, BackendError

BODY = bytes(range(256)) * 40


class Server(BaseHTTPRequestHandler):
    body = BODY
    claimed = len(BODY)
    status = 200

    def do_GET(self):
        self.send_response(Server.status)
        self.send_header("Content-Length", str(Server.claimed))
        self.end_headers()
        self.wfile.write(Server.body)

    def log_message(self, *_):
        pass


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setattr(Server, "body", BODY)
    monkeypatch.setattr(Server, "claimed", len(BODY))
    monkeypatch.setattr(Server, "status", 200)
    http = HTTPServer(("127.0.0.1", 0), Server)
    threading.Thread(target=http.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(yunet, "URL", f"http://127.0.0.1:{http.server_port}/{yunet.FILE}")
    monkeypatch.setattr(yunet, "SIZE", len(BODY))
    monkeypatch.setattr(yunet, "SHA256", hashlib.sha256(BODY).hexdigest())
    yield Server
    http.shutdown()
    http.server_close()


def empty(folder):
    return not folder.exists() or not any(folder.iterdir())


def test_the_pinned_hash_is_that_of_the_real_file(shared):
    real = shared / "models" / yunet.FILE
    assert real.stat().st_size == yunet.SIZE
    assert hashlib.sha256(real.read_bytes()).hexdigest() == yunet.SHA256
    assert yunet.URL.startswith("https://")


def test_fetch(server):
    out = yunet.cached()
    assert yunet.fetch(out) == out
    assert out.read_bytes() == BODY
    assert [path.name for path in out.parent.iterdir()] == [yunet.FILE]
    assert yunet.find() == yunet.Found(out, "the download cache")


def test_a_good_file_is_not_fetched_again(server):
    yunet.fetch(yunet.cached())
    server.status = 500
    assert yunet.fetch(yunet.cached()).read_bytes() == BODY


def test_a_damaged_file_is_replaced(server):
    yunet.cached().parent.mkdir(parents=True)
    yunet.cached().write_bytes(b"half")
    assert yunet.fetch(yunet.cached()).read_bytes() == BODY


@pytest.mark.parametrize("body", [BODY[:-1] + b"!", BODY + b"more", BODY * 100, b"version https://git-lfs..."])
def test_another_file_is_not_kept(server, body):
    server.body, server.claimed = body, len(body)
    with pytest.raises(ArtifactError, match="gave another file") as error:
        yunet.fetch(yunet.cached())
    assert yunet.URL in str(error.value)
    assert empty(yunet.cached().parent)


def test_a_cut_connection_is_not_kept(server):
    server.body = BODY[:100]
    with pytest.raises((ArtifactError, BackendError)):
        yunet.fetch(yunet.cached())
    assert empty(yunet.cached().parent)


def test_a_refusal_says_what_to_fetch_by_hand(server):
    server.status = 404
    with pytest.raises(BackendError) as error:
        yunet.fetch(yunet.cached())
    assert yunet.URL in str(error.value)
    assert str(yunet.cached()) in str(error.value)
    assert empty(yunet.cached().parent)


def test_offline(monkeypatch):
    monkeypatch.setattr(yunet, "URL", "http://127.0.0.1:9/nothing")
    with pytest.raises(BackendError, match=r"cannot download.*Connection refused.*by hand"):
        yunet.fetch(yunet.cached())


def test_the_order_of_places(tmp_path, monkeypatch):
    assert yunet.find() is None
    yunet.cached().parent.mkdir(parents=True)
    yunet.cached().write_bytes(b"cache")
    assert yunet.find().path == yunet.cached()
    named, explicit = tmp_path / "named.onnx", tmp_path / "explicit.onnx"
    named.write_bytes(b"x")
    explicit.write_bytes(b"x")
    monkeypatch.setenv(yunet.VARIABLE, str(named))
    assert yunet.find() == yunet.Found(named, yunet.VARIABLE)
    assert yunet.find(explicit) == yunet.Found(explicit, "--detector-model")


def test_a_named_place_must_hold_the_file(tmp_path, monkeypatch):
    with pytest.raises(ArtifactError, match=r"does not exist.*edgefer models get yunet"):
        yunet.find(tmp_path / "gone.onnx")
    monkeypatch.setenv(yunet.VARIABLE, str(tmp_path))
    with pytest.raises(ArtifactError, match="is a directory"):
        yunet.find()


def test_a_git_lfs_pointer_is_named(tmp_path):
    pointer = tmp_path / yunet.FILE
    pointer.write_text(f"version https://git-lfs.github.com/spec/v1\noid sha256:{yunet.SHA256}\nsize {yunet.SIZE}\n")
    with pytest.raises(ArtifactError, match=r"Git-LFS pointer.*git lfs pull"):
        yunet.find(pointer)
