"""`edgefer build` from the command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.conftest import one_line
from tests.pipeline.builds import write_files

SHORT = ("--set", "train.epochs=1", "--target", "sm89")


@pytest.fixture(autouse=True)
def _files() -> None:
    pytest.importorskip("tensorrt_rtx")
    write_files()


def test_a_dry_run_then_the_table_then_the_same_in_json(cli):
    command = ("build", "pupil.toml", *SHORT, "--precision", "int8", "--precision", "fp16", "--calibration-faces", "64")
    looked = cli(*command, "--dry-run")
    assert looked.code == 0, looked.err
    rows = looked.out.splitlines()
    assert rows[1].split("  ")[0] == "distill"
    assert rows[1].endswith("would run: it needs runs/alone, and no run is there")
    assert rows[3].endswith("would run: not there")
    assert rows[4].endswith("would run: after export")
    assert not Path("runs").exists()
    assert not Path("engines").exists()

    done = cli(*command)
    assert done.code == 0, done.err
    assert "distill: runs/pupil/best.safetensors: it needs runs/alone, and no run is there\n" in done.err
    assert "next: edgefer inspect engines/pupil-fp16-rtx-sm89\n" in done.err
    names = [line.split("  ")[0] for line in done.out.splitlines()]
    expected = ["stage", "distill", "export", "calibrate", "quantise int8", "build int8", "evaluate int8"]
    assert names == [
        *expected,
        "convert fp16",
        "build fp16",
        "evaluate fp16",
        "",
        "accuracy",
        "int8",
        "fp16",
        *names[-1:],
    ]
    assert all(line.endswith((" s", "took")) for line in done.out.splitlines()[:10])
    assert done.out.splitlines()[-1] == "on squares PublicTest, 70 faces, in onnxruntime cpu"
    assert Path("runs/pupil/curves.png").read_bytes().startswith(b"\x89PNG")

    again = cli(*command)
    assert all(" kept: " in line for line in again.out.splitlines()[1:10])
    assert again.out.splitlines()[10:] == done.out.splitlines()[10:]
    values = json.loads(cli(*command, "--json").out)
    assert values["checkpoint"] == "runs/pupil/best.safetensors"
    assert [engine["folder"] for engine in values["engines"]] == [
        "engines/pupil-int8-rtx-sm89",
        "engines/pupil-fp16-rtx-sm89",
    ]
    assert all(stage["kept"] for stage in values["stages"])
    assert all(stage["kept"] for stage in json.loads(cli(*command, "--dry-run", "--json").out)["stages"])
    int8 = values["engines"][0]["card"]["engine"]
    accuracy = next(line for line in done.out.splitlines() if line.startswith("int8 "))
    assert f"{int8['before']['accuracy']:.2%}" in accuracy
    assert f"{int8['after']['accuracy']:.2%}" in accuracy
    # What build-engine would be asked for by hand is there already.
    by_hand = cli(
        "build-engine", values["onnx"], "--precision", "int8", "--target", "sm89",
        "--calibration", "calibration/pupil-squares-64",
    )  # fmt: skip
    assert "was built from the very same: kept" in by_hand.err


def test_limits_are_held_and_stand_in_the_card(cli):
    done = cli("build", "alone.toml", *SHORT, "--precision", "int8", "--max-drop", "100", "--out", "here", "--json")
    assert done.code == 0, done.err
    passport = json.loads(done.out)["engines"][0]["card"]["engine"]
    assert passport["max_drop"] == 100
    assert Path("here/engines/alone-int8-rtx-sm89/exclusion.json").is_file()
    # All of it is in the one folder.
    assert {path.name for path in Path().iterdir()} == {"alone.toml", "pupil.toml", "data", "here"}
    assert {path.name for path in Path("here").iterdir()} == {"alone", "calibration", "engines"}


@pytest.mark.parametrize(
    ("words", "code", "expected"),
    [
        (("nothing",), 2, "edgefer recipes ls"),
        (("dmo-c",), 2, "did you mean 'demo-c'"),
        (("paper-table-4",), 2, "edgefer distill --sweep"),
        (
            ("alone.toml", "--target", "cpu"),
            2,
            "edgefer build-engine runs/alone/alone.onnx --precision int8 --target cpu",
        ),
        (("alone.toml", "--target", "sm90"), 2, "has no target 'sm90'"),
        (("alone.toml", "--batch", "9:1"), 2, "batch range"),
        (("alone.toml", "--max-drop", "1"), 2, "use --precision int8"),
        (("alone.toml", "--set", "train.epocs=1"), 2, "did you mean 'epochs'"),
        (("alone.toml", "--out", "alone.toml"), 1, "alone.toml"),
    ],
)
def test_wrong_words_are_one_line_and_nothing_is_made(cli, words: tuple[str, ...], code: int, expected: str):
    before = sorted(Path().rglob("*"))
    outcome = cli("build", *words)
    assert outcome.code == code
    assert expected in one_line(outcome)
    assert sorted(Path().rglob("*")) == before


def test_a_missing_tensorrt_is_told_before_anything_is_trained(cli, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    outcome = cli("build", "alone.toml")
    assert outcome.code == 1
    assert "pip install 'edgefer[rtx]'" in one_line(outcome)
    assert not Path("runs").exists()


def test_precisions_leave_out_default_targets_with_a_word(cli):
    looked = cli("build", "alone.toml", "--precision", "fp8", "--dry-run")
    assert looked.code == 0, looked.err
    assert "FP8 needs sm89 or later: for sm89+sm120, not for sm80, sm86\n" in looked.err
    assert "engines/alone-fp8-rtx-sm89+sm120" in looked.out


def test_ctrl_c_is_one_line_that_says_how_to_go_on():
    words = [sys.executable, "-m", "edgefer", "build", "alone.toml", "--set", "train.epochs=2000", "--target", "sm89"]
    process = subprocess.Popen(words, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    until = time.monotonic() + 60
    while not Path("runs/alone/best.safetensors").exists() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)
    os.kill(process.pid, signal.SIGINT)
    out, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert out == ""
    (line,) = (line for line in told.splitlines() if line.startswith("error: "))
    assert line.endswith("give the same command again to go on")
    assert "Traceback" not in told


def test_ctrl_c_outside_of_training_is_one_line_too(cli, monkeypatch):
    from edgefer.pipeline import build as module

    def press(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "find_exported", press)
    outcome = cli("build", "alone.toml", *SHORT)
    assert outcome.code == 130
    assert one_line(outcome) == "error: stopped; every finished stage is kept. the same command goes on from there"
