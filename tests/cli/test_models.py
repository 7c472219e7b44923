from __future__ import annotations

import hashlib
import http.server
import json
import shutil
import threading

import pytest

from edgefer.camera import yunet
from tests.conftest import one_line

BODY = b"a detector" * 1000


@pytest.fixture
def server(monkeypatch):
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", str(len(BODY)))
            self.end_headers()
            self.wfile.write(BODY)

        def log_message(self, *_):
            pass

    site = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=site.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(yunet, "URL", f"http://127.0.0.1:{site.server_port}/{yunet.FILE}")
    monkeypatch.setattr(yunet, "SIZE", len(BODY))
    monkeypatch.setattr(yunet, "SHA256", hashlib.sha256(BODY).hexdigest())
    yield
    site.shutdown()
    site.server_close()


def test_ls_says_how_to_get_what_is_not_here(cli):
    result = cli("models", "ls")
    assert result.code == 0
    assert "not here; get it with: edgefer models get yunet" in result.out
    assert json.loads(cli("models", "ls", "--json").out)["yunet"]["path"] is None


def test_get_then_ls(cli, server):
    result = cli("models", "get", "yunet")
    assert result.code == 0, result.err
    assert result.out.strip() == str(yunet.cached())
    assert yunet.cached().read_bytes() == BODY
    assert f"{len(BODY)}/{len(BODY)}" in result.err
    assert str(yunet.cached()) in cli("models", "ls").out
    values = json.loads(cli("models", "ls", "--json").out)["yunet"]
    assert values["path"] == str(yunet.cached())
    assert values["bytes"] == len(BODY)


def test_get_elsewhere(cli, server, tmp_path):
    assert cli("models", "get", "yunet", "--out", tmp_path / "here.onnx").code == 0
    assert (tmp_path / "here.onnx").read_bytes() == BODY
    assert not yunet.cached().exists()


def test_offline_says_what_to_fetch_and_where_to_put_it(cli, monkeypatch):
    monkeypatch.setattr(yunet, "URL", "http://127.0.0.1:9/yunet.onnx")
    result = cli("models", "get", "yunet")
    assert result.code == 1
    line = one_line(result)
    assert "fetch http://127.0.0.1:9/yunet.onnx by hand" in line
    assert str(yunet.cached()) in line
    assert not yunet.cached().exists()


def test_a_file_put_there_by_hand_is_used(cli, shared):
    yunet.cached().parent.mkdir(parents=True)
    shutil.copy(shared / "models" / yunet.FILE, yunet.cached())
    result = cli("models", "get", "yunet")
    assert result.code == 0
    assert result.err == ""


def test_unknown_name(cli):
    result = cli("models", "get", "yunte")
    assert result.code == 2
    assert "did you mean yunet?" in one_line(result)
    assert cli("models", "get", "zzz").code == 2


def test_a_directory_in_its_place(cli, tmp_path):
    result = cli("models", "get", "yunet", "--out", tmp_path)
    assert result.code == 1
    assert "is a directory" in one_line(result)
