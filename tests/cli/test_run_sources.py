"""`edgefer run` with each kind of source, and with sources that go away."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import cv2
import pytest

from tests import mjpeg_server
from tests.conftest import one_line
from tests.films import film, picture


@pytest.fixture
def run(cli, model):
    return lambda *args: cli("run", "--headless", "--engine", model, "--detector", "none", "--jsonl", "-", *args)


@pytest.fixture
def server(tmp_path):
    process, port = mjpeg_server.start(picture(tmp_path / "a.jpg", 240, (48, 64, 3)))
    yield process, port
    if process.poll() is None:
        mjpeg_server.kill(process)


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_the_synthetic_camera(run):
    result = run("--source", "demo://?seed=1", "--size", "128x96", "--fps", 50, "--max-frames", 5)
    assert result.code == 0, result.err
    lines = records(result.out)
    assert [line["frame"] for line in lines] == list(range(5))
    assert all(line["age_ms"] >= 0 and line["dropped"] >= 0 for line in lines)
    assert lines[0]["faces"][0]["box"] == [0, 0, 128, 96]
    assert "watching demo camera (drawn faces), 128x96 at 50 fps;" in result.err


def test_a_quoted_pattern(run, tmp_path):
    for name, level in (("b.png", 240), ("a.png", 20), ("c.bmp", 20)):
        picture(tmp_path / name, level)
    result = run("--source", tmp_path / "*.png")
    assert [(line["picture"], line["faces"][0]["label"]) for line in records(result.out)] == [
        ("a.png", "anger"),
        ("b.png", "happy"),
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--source", "demo://", "--size", "big"], 2, "'big' is no size"),
        (["--source", "demo://", "--fps", "0"], 2, "out of range"),
        (["--source", "demo://?fase=1"], 2, "has no option 'fase'"),
        (["--source", "a.avi", "--fps", "30"], 2, "a file has its own size, rate and codec"),
        (["--source", "a.avi", "--reconnect", "-1"], 2, "reconnect is -1"),
        (["--source", "*.jpg"], 1, "nothing matches *.jpg"),
        (["--source", "http://me:secret@127.0.0.1:9/x"], 1, "http://me:***@127.0.0.1:9/x does not answer"),
        (["--source", "http://host/a.jpg"], 2, "is a single picture"),
        (["--source", "v4l2:///dev/nothing?fps=5"], 1, "no camera /dev/nothing"),
    ],
)
def test_bad_sources_are_one_line(run, arguments, code, message):
    film(Path("a.avi"), [1, 2, 3])
    result = run(*arguments)
    assert result.code == code
    assert message in one_line(result)
    assert "secret" not in result.err
    assert result.out == ""


def test_a_csi_camera_without_gstreamer_is_one_line(run):
    if cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        pytest.skip("this OpenCV has GStreamer")
    result = run("--source", "csi://0")
    assert result.code == 1
    assert "csi://0 needs an OpenCV with GStreamer" in one_line(result)


def test_a_lost_stream_ends_the_run_when_told_so(run, server):
    process, port = server
    threading.Timer(1.0, lambda: mjpeg_server.kill(process)).start()
    result = run("--source", f"http://me:secret@127.0.0.1:{port}/a.mjpg", "--reconnect", 0)
    assert result.code == 1
    assert one_line(result).endswith("stopped giving frames. check its cable and power, then run again")
    assert records(result.out)
    assert "files made: none" in result.err
    assert "secret" not in result.err


@pytest.mark.parametrize("scheme", ["http", "rtsp"])
def test_ctrl_c_while_a_server_says_nothing(model, scheme):
    """FFmpeg itself waits for ten seconds."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"{scheme}://127.0.0.1:{server.getsockname()[1]}/a.mjpg"
        command = [sys.executable, "-m", "edgefer", "run", "--engine", str(model), "--source", address]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as run:
            server.settimeout(60)
            client, _ = server.accept()
            begin = time.monotonic()
            run.send_signal(signal.SIGINT)
            assert run.communicate(timeout=60)[1] == "interrupted\n"
        client.close()
    assert run.returncode == 130
    assert time.monotonic() - begin < 7


def test_ctrl_c_while_a_lost_stream_is_opened_again(model, server):
    process, port = server
    command = [
        sys.executable, "-m", "edgefer", "run", "--headless", "--engine", model, "--detector", "none",
        "--source", f"http://127.0.0.1:{port}/a.mjpg", "--jsonl", "out.jsonl", "--reconnect", "60",
    ]  # fmt: skip
    env = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=env) as camera:
        out = Path("out.jsonl")
        end = time.monotonic() + 60
        while not (out.exists() and out.stat().st_size) and time.monotonic() < end:
            time.sleep(0.05)
        mjpeg_server.kill(process)
        assert camera.stderr is not None
        told = []
        for line in camera.stderr:
            told.append(line)
            if "opening it again" in line:
                break
        camera.send_signal(signal.SIGINT)
        told += camera.stderr.readlines()
        assert camera.wait(60) == 0, told
    assert "opening it again, for up to 60 s" in "".join(told)
    assert "frames written: 0; files made: out.jsonl" in told[-1]
    assert records(out.read_text())[0]["frame"] == 0
