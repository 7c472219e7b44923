from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import cv2
import pytest

from edgefer.camera.loop import NOTICE
from edgefer.camera.yunet import FILE
from edgefer.emotions import FER2013
from tests.conftest import one_line
from tests.films import cut, film, picture


@pytest.fixture
def clip(tmp_path):
    return film(tmp_path / "clip.avi", [20] * 10 + [240] * 30)


def here():
    return sorted(path.name for path in Path().iterdir())


def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_jsonl_on_stdout_is_pure(cli, model, clip):
    result = cli("run", "--source", clip, "--engine", model, "--detector", "none", "--smooth", 0, "--jsonl", "-")
    assert result.code == 0, result.err
    lines = records(result.out)
    assert [line["frame"] for line in lines] == list(range(40))
    assert [line["faces"][0]["label"] for line in lines] == ["anger"] * 10 + ["happy"] * 30
    assert tuple(lines[0]["faces"][0]["probabilities"]) == FER2013
    assert "frames written: 0; files made: none" in result.err
    assert NOTICE in result.err
    assert "running headless" in result.err
    assert "watching clip.avi, 96x64 at 25 fps; faces by no detector; brightness on onnxruntime cpu" in result.err


def test_smoothing_delays_a_change_by_its_time_constant(cli, model, clip):
    result = cli("run", "--source", clip, "--engine", model, "--detector", "none", "--smooth", 0.4, "--jsonl", "-")
    labels = [line["faces"][0]["label"] for line in records(result.out)]
    # Half of the way after 0.4 s * ln 2, which is 7 frames; another 8 in which it must stay ahead (--hold 0.3).
    assert 22 <= labels.index("happy") <= 27


def test_people_get_a_line_a_change(cli, model, clip):
    result = cli("run", "--headless", "--source", clip, "--engine", model, "--detector", "none", "--smooth", 0)
    assert result.out == ""
    lines = [line.split() for line in result.err.splitlines() if " face 1: " in line]
    assert [(line[0], line[4]) for line in lines] == [("0.00", "anger"), ("0.40", "happy")]
    assert "running headless" not in result.err


def test_real_faces(cli, model, shared):
    detector = shared / "models" / FILE
    clip = shared / "data/media/eat.mkv"
    result = cli("run", "--source", clip, "--engine", model, "--detector-model", detector, "--jsonl", "out.jsonl")
    assert result.code == 0, result.err
    lines = records(Path("out.jsonl").read_text())
    assert len(lines) == 47
    assert [len(line["faces"]) for line in lines] == [1] * 47
    assert {face["track"] for line in lines for face in line["faces"]} == {1}
    assert "files made: out.jsonl" in result.err
    assert here() == ["out.jsonl"]


def test_record_and_jsonl_together(cli, model, clip):
    result = cli(
        "run", "--source", clip, "--engine", model, "--detector", "none", "--record", "out.mp4", "--jsonl", "out.jsonl",
        "--max-frames", 15,
    )  # fmt: skip
    assert result.code == 0, result.err
    assert cv2.VideoCapture("out.mp4").get(cv2.CAP_PROP_FRAME_COUNT) == 15
    assert len(records(Path("out.jsonl").read_text())) == 15
    assert "frames written: 15; files made: out.mp4, out.jsonl" in result.err


def test_a_folder_of_pictures(cli, model, tmp_path):
    folder = tmp_path / "faces"
    folder.mkdir()
    picture(folder / "a.png", 20)
    picture(folder / "b.png", 240)
    (folder / "broken.png").write_bytes(b"x")
    result = cli("run", "--source", folder, "--engine", model, "--detector", "none", "--jsonl", "-")
    assert [(line["picture"], line["faces"][0]["label"]) for line in records(result.out)] == [
        ("a.png", "anger"),
        ("b.png", "happy"),
    ]
    assert result.code == 1
    assert "1 of 3 pictures" in one_line(result)


def test_a_truncated_video_gives_what_it_has_and_fails(cli, model, tmp_path):
    clip = cut(film(tmp_path / "a.avi", range(60)), 0.5)
    result = cli("run", "--source", clip, "--engine", model, "--detector", "none", "--jsonl", "-")
    assert result.code == 1
    assert len(records(result.out)) > 15
    assert "breaks off after" in one_line(result)


def test_no_camera_is_one_line(cli):
    if Path("/dev/video0").exists():
        pytest.skip("this machine has a camera")
    result = cli("run")
    assert result.code == 1
    assert result.err == "error: no camera 0. try: edgefer run --source FILE, or --source demo://\n"
    assert cli("run", "--camera", 0).err == result.err
    assert here() == []


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["--source", "gone.mp4"], 1, "gone.mp4 does not exist"),
        (["--source", "text.txt"], 1, "is a text file"),
        (["--source", "empty.mp4"], 1, "is empty"),
        (["--source", "rtps://x"], 2, "did you mean rtsp://"),
        (["--source", "a.avi", "--camera", "0"], 2, "exclude each other"),
        (["--source", "a.avi", "--engine", "gone.onnx", "--detector", "none"], 1, "gone.onnx"),
        (["--source", "a.avi", "--detector-model", "pointer.onnx"], 1, "Git-LFS pointer"),
        (["--source", "a.avi", "--detector-model", "gone.onnx"], 1, "edgefer models get yunet"),
        (["--source", "a.avi", "--detector", "none", "--record", "a.gif"], 2, ".mp4"),
        (["--source", "a.avi", "--detector", "none", "--jsonl", "."], 1, "is a directory"),
    ],
)
def test_bad_input_is_one_line_and_writes_nothing(cli, model, tmp_path, arguments, code, message):
    film(tmp_path / "cwd" / "a.avi", [1, 2, 3])
    Path("text.txt").write_text("hello\n" * 100)
    Path("empty.mp4").touch()
    Path("pointer.onnx").write_text("version https://git-lfs.github.com/spec/v1\n")
    before = here()
    default = [] if "--engine" in arguments else ["--engine", model]
    result = cli("run", *default, *arguments)
    assert result.code == code
    assert message in one_line(result)
    assert result.out == ""
    assert here() == before


def test_unknown_detector_is_wrong_usage(cli, clip):
    assert cli("run", "--source", clip, "--detector", "magic").code == 2


def test_what_is_found_by_itself_is_told(cli, clip, model, monkeypatch):
    from edgefer.runtime import find

    monkeypatch.setattr(find, "find_runnable", lambda: (model, "the newest of its kind"))
    result = cli("run", "--source", clip, "--detector", "none", "--jsonl", "-", "--max-frames", 1)
    assert f"{model}: the newest of its kind" in result.err
    assert len(records(result.out)) == 1


def start(*arguments, **options):
    command = [sys.executable, "-m", "edgefer", "run", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options)


def test_a_reader_that_leaves_ends_the_run_quietly(model, tmp_path):
    clip = film(tmp_path / "long.avi", [90] * 400)
    process = start("--source", clip, "--engine", model, "--detector", "none", "--jsonl", "-")
    assert json.loads(process.stdout.readline())["frame"] == 0
    process.stdout.close()
    error = process.stderr.read()
    assert process.wait(60) == 0
    assert "Traceback" not in error
    assert "Broken" not in error
    assert error.splitlines()[-1].startswith("read ")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_leaves_valid_outputs(model, tmp_path, number):
    folder = tmp_path / "pictures"
    folder.mkdir()
    shutil.copy(picture(tmp_path / "a.png", shape=(480, 640, 3)), folder / "0.png")
    for index in range(1, 3000):
        os.link(folder / "0.png", folder / f"{index}.png")
    process = start(
        "--source", folder, "--engine", model, "--detector", "none", "--record", "out.avi", "--jsonl", "out.jsonl"
    )  # fmt: skip
    lines = Path("out.jsonl")
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (lines.exists() and lines.read_text().count("\n") > 3):
        time.sleep(0.02)
    process.send_signal(number)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 0, error
    frames = len(records(Path("out.jsonl").read_text()))
    assert 3 < frames < 3000
    assert cv2.VideoCapture("out.avi").get(cv2.CAP_PROP_FRAME_COUNT) == frames
    assert f"read {frames} frames" in error
    assert f"frames written: {frames}; files made: out.avi, out.jsonl" in error
    assert here() == ["out.avi", "out.jsonl"]


def test_a_network_of_nan_ends_the_run_before_a_file_is_made(cli, clip, tmp_path):
    import numpy as np
    from onnx import numpy_helper

    from tests import tiny_net

    broken = tiny_net.model()
    for tensor in broken.graph.initializer:
        if tensor.name == "fc1.weight":
            values = np.full_like(numpy_helper.to_array(tensor), np.nan)
            tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))
    failed = cli(
        "run", "--headless", "--detector", "none", "--jsonl", tmp_path / "out.jsonl", "--session", tmp_path / "s",
        "--engine", tiny_net.write(tmp_path / "broken.onnx", broken), "--source", clip,
    )  # fmt: skip
    assert failed.code == 1
    assert "tiny (onnxruntime cpu) answers with numbers that are not finite" in one_line(failed)
    assert not (tmp_path / "out.jsonl").exists()
    assert not (tmp_path / "s").exists()
