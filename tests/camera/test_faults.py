"""What goes wrong around a whole run: signals with every output open, strange frames, closed streams, a full disk.

What a single source, output or page does then is held by the tests of its module.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import cv2
import numpy as np
import pytest

import edgefer
from edgefer.camera.session_read import read
from tests.camera.mosquitto import Listener, Mosquitto, needs_mosquitto
from tests.camera.programs import started, until
from tests.conftest import one_line
from tests.films import film, picture

SESSION = Path("sessions/anna/session.jsonl")
# What a camera or a folder may hold: shape and type.
STRANGE = {
    "dot": ((1, 1, 3), np.uint8),
    "tiny": ((1, 1), np.uint8),
    "gray": ((48, 64), np.uint8),
    "bgra": ((48, 64, 4), np.uint8),
    "deep": ((48, 64, 3), np.uint16),
    "line": ((1, 3000, 3), np.uint8),
    "column": ((3000, 1, 3), np.uint8),
    "large": ((4320, 7680, 3), np.uint8),
}


@pytest.fixture
def strange(tmp_path):
    """A folder of one picture of each kind, all of them as bright as a happy face."""
    folder = tmp_path / "strange"
    folder.mkdir()
    for name, (shape, kind) in STRANGE.items():
        level = 240 if kind is np.uint8 else 240 << 8
        assert cv2.imwrite(str(folder / f"{name}.png"), np.full(shape, level, kind), [cv2.IMWRITE_PNG_COMPRESSION, 1])
    return folder


def records(file):
    text = Path(file).read_text(encoding="utf-8")
    assert text.endswith("\n")
    return [json.loads(line) for line in text.splitlines()]


def frames_of(film_):
    capture = cv2.VideoCapture(str(film_), cv2.CAP_FFMPEG)
    frames = 0
    while capture.read()[0]:
        frames += 1
    return frames


def left():
    return sorted(str(path) for path in Path().rglob("*") if path.is_file())


def watching(model, *more, camera="size=64x48&fps=50", before=""):
    usual = ["--source", f"demo://?{camera}", "--engine", model, "--detector", "none"]
    return started("run", *usual, *more, before=before)


@needs_mosquitto
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_closes_every_output(model, tmp_path, number):
    with Mosquitto(tmp_path).start() as broker, socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
        free.close()
        outputs = ["--jsonl", "out.jsonl", "--csv", "out.csv", "--record", "out.mp4", "--session", "anna"]
        process = watching(model, *outputs, "--web", port, "--mqtt", f"mqtt://127.0.0.1:{broker.port}/lab")
        until(lambda: SESSION.is_file() and SESSION.read_bytes().count(b'"sample"') > 3)
        viewer = urllib.request.urlopen(f"http://127.0.0.1:{port}/events", timeout=20)
        with Listener(broker.port, "lab") as listener:
            listener.wait(lambda: listener.of("available") == ["online"])
            process.send_signal(number)
            error = process.communicate(timeout=60)[1]
            assert process.returncode == 0, error
            listener.wait(lambda: listener.of("available")[-1] == "offline")
        assert viewer.read().endswith(b"event: end\ndata: \n\n")
        with socket.create_server(("127.0.0.1", port)):
            pass
    lines = records("out.jsonl")
    assert [line["frame"] for line in lines] == list(range(len(lines)))
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        assert [int(row["frame"]) for row in csv.DictReader(file)] == list(range(len(lines)))
    # A constant rate: a frame stands for those that were dropped before it.
    assert frames_of("out.mp4") == len(lines) + lines[-1]["dropped"]
    record = read(SESSION)
    assert len(record.ends) == 1
    assert not record.cut_off
    assert left() == ["out.csv", "out.jsonl", "out.mp4", str(SESSION)]
    assert f"read {len(lines)} frames" in error
    assert f"frames written: {frames_of('out.mp4')}; files made: " in error
    assert "Traceback" not in error


def test_a_killed_run_leaves_whole_lines_and_no_half_film(model):
    process = watching(model, "--jsonl", "out.jsonl", "--csv", "out.csv", "--record", "out.mp4", "--session", "anna")
    until(lambda: SESSION.is_file() and SESSION.read_bytes().count(b'"sample"') > 3)
    process.kill()
    process.communicate()
    assert not Path("out.mp4").exists()
    assert len(records("out.jsonl")) > 3
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) > 3
    assert read(SESSION).samples


@pytest.mark.usefixtures("unmeasured")
def test_a_full_disk_while_everything_is_written(model):
    """The process may write 30 kB a file."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (30_000, 30_000))"
    outputs = ["--jsonl", "out.jsonl", "--record", "out.avi", "--session", "anna", "--max-frames", "400"]
    process = watching(model, *outputs, camera="size=320x240&pace=file", before=limit)
    error = process.communicate(timeout=60)[1]
    assert process.returncode == 1, error
    assert sum(line.startswith("error: ") for line in error.splitlines()) == 1, error
    assert "Traceback" not in error
    assert records("out.jsonl")
    assert not Path("out.avi").exists()
    assert read(SESSION).samples
    assert left() == ["out.jsonl", str(SESSION)]


@pytest.mark.parametrize("detector", ["yunet", "none"])
def test_strange_pictures(cli, model, strange, shared, detector):
    found = shared / "models" / "face_detection_yunet_2026may.onnx"
    options = ["--detector", detector, *(["--detector-model", found] if detector == "yunet" else [])]
    result = cli(
        "run", "--source", strange, "--engine", model, *options, "--jsonl", "out.jsonl", "--record", "out.mp4", "--web", 0,
    )  # fmt: skip
    assert result.code == 0, result.err
    lines = records("out.jsonl")
    assert [line["picture"].removesuffix(".png") for line in lines] == sorted(STRANGE)
    faces = [[(face["label"], face["box"]) for face in line["faces"]] for line in lines]
    sizes = [STRANGE[name][0] for name in sorted(STRANGE)]
    whole = [[("happy", [0, 0, width, height])] for height, width, *_ in sizes]
    assert faces == ([[]] * len(sizes) if detector == "yunet" else whole)
    assert frames_of("out.mp4") >= len(lines)


def test_a_film_of_eight_thousand_pixels(cli, model, tmp_path):
    clip = film(tmp_path / "large.avi", [240, 240], size=(7680, 4320))
    result = cli(
        "run", "--source", clip, "--engine", model, "--detector", "none", "--jsonl", "-", "--record", "out.avi"
    )
    assert result.code == 0, result.err
    assert "7680x4320" in result.err
    assert [json.loads(line)["faces"][0]["box"] for line in result.out.splitlines()] == [[0, 0, 7680, 4320]] * 2
    assert frames_of("out.avi") == 2


def test_frames_that_change_their_shape_within_a_film(model, shared):
    pictures = [np.full(shape, 240, np.uint8) for shape in ((1, 1, 3), (48, 64), (2160, 3840, 3), (48, 64, 4), (1, 1))]
    found = str(shared / "models" / "face_detection_yunet_2026may.onnx")
    readings = list(edgefer.watch(pictures, engine=model, detector="yunet", detector_model=found, fps=30))
    assert [reading.faces for reading in readings] == [()] * 5
    readings = list(edgefer.watch(pictures, engine=model, detector="none", fps=30))
    assert [reading.faces[0].box for reading in readings] == [
        (0, 0, 1, 1),
        (0, 0, 64, 48),
        (0, 0, 3840, 2160),
        (0, 0, 64, 48),
        (0, 0, 1, 1),
    ]


@pytest.mark.parametrize("closed", ["<&-", "2>&-", "2>/dev/full", "<&- 2>&-"])
def test_streams_that_are_closed_or_full_are_no_reason_to_stop(model, tmp_path, closed):
    clip = film(tmp_path / "clip.avi", [240] * 5)
    words = [sys.executable, "-m", "edgefer", "run", "--source", clip, "--engine", model, "--detector", "none"]
    words += ["--jsonl", "-", "--csv", "out.csv"]
    command = f"{' '.join(map(str, words))} {closed}"
    done = subprocess.run(["sh", "-c", command], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert done.returncode == 0
    assert [json.loads(line)["frame"] for line in done.stdout.splitlines()] == list(range(5))
    with Path("out.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 5


def test_a_reader_of_messages_who_leaves_is_no_reason_to_stop(model, tmp_path):
    clip = film(tmp_path / "clip.avi", [20, 240] * 50)
    process = started(
        "run", "--source", clip, "--engine", model, "--detector", "none", "--smooth", 0, "--jsonl", "o.jsonl"
    )
    process.stderr.close()
    assert process.wait(60) == 0
    assert len(records("o.jsonl")) == 100


def test_a_full_stdout_is_one_line(model, tmp_path):
    clip = film(tmp_path / "clip.avi", [240] * 5)
    words = [sys.executable, "-m", "edgefer", "run", "--source", clip, "--engine", model, "--detector", "none"]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [*map(str, words), "--jsonl", "-"], stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "error: cannot write stdout: No space left on device. free some space"
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("display", "says"), [("", "there is no display"), (":77", "no X server answers")])
def test_without_a_display_a_run_goes_headless(model, tmp_path, display, says):
    if "GUI:                           NONE" in cv2.getBuildInformation():
        says = "built without windows"
    clip = film(tmp_path / "clip.avi", [240] * 5)
    words = [sys.executable, "-m", "edgefer", "run", "--source", clip, "--engine", model, "--detector", "none"]
    environment = {**os.environ, "DISPLAY": display}
    done = subprocess.run(map(str, words), env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    assert says in done.stderr
    assert "running headless" in done.stderr
    assert "read 5 frames" in done.stderr


def test_a_picture_that_vanishes_in_mid_run_is_named(cli, model, tmp_path, monkeypatch):
    folder = tmp_path / "pictures"
    folder.mkdir()
    for name in "abc":
        picture(folder / f"{name}.png")
    from edgefer.camera.sinks import JsonLines

    take = JsonLines.take
    monkeypatch.setattr(JsonLines, "take", lambda self, reading: (folder / "b.png").unlink(True) or take(self, reading))
    result = cli("run", "--source", folder, "--engine", model, "--detector", "none", "--jsonl", "-", "--headless")
    assert result.code == 1
    assert "b.png" in one_line(result)
    assert [json.loads(line)["picture"] for line in result.out.splitlines()] == ["a.png", "c.png"]
