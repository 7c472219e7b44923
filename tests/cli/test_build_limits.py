"""`edgefer build-engine --max-drop --max-class-drop`, with the real compiler."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.card import Precision
from edgefer.runtime.onnx import read_card
from tests.conftest import one_line
from tests.quantize import ruined

pytest.importorskip("tensorrt_rtx")

INT8 = ("--precision", "int8", "--calibration", "a set", "--target", "sm89", "--out", "engine")


@pytest.fixture
def onnx(cli, tmp_path):
    ruined.store()
    path = ruined.write(tmp_path / "ruined.onnx")
    assert cli("calibrate", path, "--count", 70, "--out", "a set").code == 0
    return path


def test_the_ruined_convolution_stays_in_float_and_everything_says_so(cli, onnx):
    done = cli("build-engine", onnx, *INT8, "--max-drop", 2, "--max-class-drop", 10)
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert "  left in float, so that accuracy holds: mix" in lines
    assert "limits hold with 1 of 3 convolutions in float: mix" in lines
    assert any(line.split()[:3] == ["+", "mix", "100.00"] for line in lines)
    assert "not within the limits" in done.err
    card = json.loads(Path("engine/card.json").read_text())
    assert card["left_in_float"] == ["mix"]
    assert (card["engine"]["max_drop"], card["engine"]["max_class_drop"]) == (2, 10)
    assert (card["engine"]["census"]["onnx conv int8"], card["engine"]["census"]["onnx conv half"]) == (2, 1)
    assert card["engine"]["after"]["accuracy"] == 1
    assert read_card(Path("engine/int8.onnx")).left_in_float == ("mix",)
    shown = cli("inspect", "engine").out.splitlines()
    assert [line.split() for line in shown if line.startswith("left in float")] == [["left", "in", "float", "mix"]]
    report = json.loads(Path("engine/exclusion.json").read_text())
    assert (report["reason"], report["left_in_float"]) == ("limits hold", ["mix"])
    assert report["sensitivity"]["effects"][0]["layer"] == "mix"


def test_the_same_limits_keep_it_and_others_build_it_again(cli, onnx):
    limited = ("--max-drop", 2)
    first = json.loads(cli("build-engine", onnx, *INT8, *limited, "--json").out)
    assert first["exclusion"]["left_in_float"] == ["mix"]
    assert [len(attempt["left_in_float"]) for attempt in first["exclusion"]["attempts"]] == [0, 1]
    again = json.loads(cli("build-engine", onnx, *INT8, *limited, "--json").out)
    assert (again["kept"], again["card"]["left_in_float"]) == (True, ["mix"])
    plain = cli("build-engine", onnx, *INT8, "--json")
    values = json.loads(plain.out)
    assert (values["kept"], values["exclusion"], values["card"]["left_in_float"]) == (False, None, [])
    assert "at most 2 points of accuracy may be lost" in plain.err
    assert not Path("engine/exclusion.json").exists()


def test_limits_that_cannot_be_held_build_nothing(cli, onnx):
    ruined.write(onnx, offset=30_000.0)
    failed = cli("build-engine", onnx, *INT8, "--max-class-drop", 10)
    assert failed.code == 1
    line = one_line(failed)
    assert "INT8 of ruined misses a limit on noise PublicTest: " in line
    assert "(at most 10 allowed)" in line
    assert "allow it, if the fall is worth it: --max-class-drop 100; or use --precision fp16" in line
    assert not Path("engine").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--precision", "fp16"], "leave convolutions out of INT8, and this is fp16"),
        (["--max-drop", "-1"], "--max-drop -1 is no number of percentage points"),
        (["--target", "cpu"], "--target cpu builds none"),
    ],
)
def test_limits_without_a_meaning_are_wrong_usage(cli, onnx, arguments, words):
    failed = cli("build-engine", onnx, "--precision", "int8", "--max-drop", 2, "--out", "engine", *arguments)
    assert failed.code == 2
    assert words in one_line(failed)
    assert not Path("engine").exists()


def test_a_file_whose_layers_are_chosen_is_refused(cli, tmp_path):
    ruined.store()
    onnx = ruined.write(tmp_path / "a.onnx", precision=Precision.INT8)
    failed = cli("build-engine", onnx, "--precision", "int8", "--max-drop", 2)
    assert failed.code == 2
    assert "what is in float in it cannot be chosen again" in one_line(failed)
