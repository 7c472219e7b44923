from __future__ import annotations

import json

import pytest

from edgefer.card import ModelCard, Passport, Precision
from edgefer.engine.holding import check_limits, hold, write_exclusion
from edgefer.engine.options import PLAIN, Options
from edgefer.errors import CheckFailed, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.method import Method
from edgefer.quantize.source import training_pool
from edgefer.trt.rebuild import as_it_was, from_model
from tests.quantize import ruined

LIMITS = Limits(2, 10)


@pytest.fixture
def calibration(tmp_path):
    ruined.store()
    return make_calibration_set(training_pool(ruined.card()), ruined.card(), 70, tmp_path / "set")


def test_what_holds_is_written_whole(calibration, tmp_path):
    found = hold(ruined.write(tmp_path / "a.onnx"), calibration, LIMITS, Method.MINMAX)
    assert found.left == ("mix",)
    write_exclusion(tmp_path, found)
    assert json.loads((tmp_path / "exclusion.json").read_text()) == json.loads(json.dumps(found.to_dict()))


def test_what_half_precision_alone_ruins_is_refused(calibration, tmp_path):
    with pytest.raises(CheckFailed, match="nothing to gain, for the file without any INT8 misses a limit too"):
        hold(ruined.write(tmp_path / "a.onnx", offset=30_000.0), calibration, LIMITS)


def test_limits_are_for_int8_from_a_float32_file():
    check_limits(PLAIN, Precision.FP16, ruined.card())
    check_limits(Options(limits=LIMITS), Precision.INT8, ruined.card())
    with pytest.raises(UsageError, match="leave convolutions out of INT8, and this is fp16"):
        check_limits(Options(limits=LIMITS), Precision.FP16, ruined.card())
    with pytest.raises(UsageError, match="ruined is INT8 already"):
        check_limits(Options(limits=LIMITS), Precision.INT8, ruined.card(precision=Precision.INT8))


def test_limits_tell_builds_apart():
    assert Options(limits=LIMITS).words() == (
        "at most 2 points of accuracy and 10 points of any emotion's recall may be lost",
    )
    assert PLAIN.words() == ()


def test_the_card_in_an_int8_file_names_what_is_in_float(calibration, tmp_path):
    src = ruined.write(tmp_path / "a.onnx")
    card = to_int8(src, calibration, tmp_path / "b.onnx", keep=frozenset({"node_3", "node_2"}))
    assert card.left_in_float == ("mix", "last")
    assert graph.load(tmp_path / "b.onnx")[1] == card
    assert to_int8(src, calibration, tmp_path / "c.onnx").left_in_float == ()


def test_a_card_from_before_says_that_nothing_was_left():
    values = ruined.card().model_dump(mode="json")
    del values["left_in_float"]
    assert ModelCard.from_json(json.dumps(values), "a card").left_in_float == ()


def test_the_command_that_builds_again_holds_the_same_limits(tmp_path):
    passport = Passport(
        flavour="tensorrt_rtx",
        version="1.7",
        targets=("sm89",),
        batch=(1, 8, 32),
        plan_sha256="0",
        onnx_sha256="0",
        calibration="a set/faces.npy",
        source="runs/a.onnx",
        max_drop=0.5,
        max_class_drop=1.5,
    )
    card = ruined.card(precision=Precision.INT8, engine=passport, tools={"calibration": "entropy"})
    assert "runs/a.onnx" in from_model(card)
    assert "--max-drop 0.5 --max-class-drop 1.5" in from_model(card)
    assert "--max-drop 0.5 --max-class-drop 1.5" in as_it_was(tmp_path / "a.engine", card)
    # The file beside an engine has its convolutions chosen already.
    (tmp_path / "model.onnx").write_bytes(b"")
    assert "--max" not in as_it_was(tmp_path / "a.engine", card)
