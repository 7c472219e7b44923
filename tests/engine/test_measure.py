from __future__ import annotations

import pytest

from edgefer.card import Measurement, Precision, Provenance
from edgefer.engine.build import build_engine
from edgefer.engine.measure import Change, judging_faces, measure
from edgefer.evaluate.evaluate import evaluate
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.pool import screen
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net
from tests.engine import noise


def figures(accuracy, recall):
    return Measurement(
        dataset="d", split="s", faces=100, backend="onnxruntime cpu", accuracy=accuracy, balanced_accuracy=0.5,
        macro_f1=0.5, recall=recall,
    )  # fmt: skip


def test_a_change_is_in_points_and_names_the_emotion_that_lost_most():
    change = Change(
        figures(0.65, {"happy": 0.9, "fear": 0.5, "sad": 0.6}),
        figures(0.645, {"happy": 0.91, "fear": 0.47, "sad": 0.58}),
    )
    assert change.difference == pytest.approx(-0.5)
    assert change.worst[0] == "fear"
    assert change.worst[1] == pytest.approx(-3)


def test_both_files_are_judged_on_the_same_faces(tmp_path):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    to_fp16(onnx, tmp_path / "half.onnx")
    faces = tiny_net.faces(split="PublicTest")
    before, after = measure(onnx, tmp_path / "half.onnx", faces)
    for path, found in ((onnx, before), (tmp_path / "half.onnx", after)):
        with OnnxSession(path) as session:
            assert found == evaluate(session, faces).to_measurement()
    assert after.faces == 140
    assert after.backend == "onnxruntime cpu"


def test_what_was_not_converted_is_judged_once(tmp_path, capfd):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    before, after = measure(onnx, onnx, tiny_net.faces())
    assert before is after
    assert "measuring accuracy: 140/140" in capfd.readouterr().err
    assert measure(None, onnx, tiny_net.faces()) == (None, after)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"provenance": Provenance()}, "does not say which faces"),
        ({"provenance": Provenance(dataset="affectnet")}, "no faces are known as 'affectnet'"),
        ({"labels": ("happy", "sad")}, "do not fit|cannot be put in the order"),
    ],
)
def test_without_faces_that_fit_there_is_a_reason(monkeypatch, changes, words):
    noise.stand_in(monkeypatch)
    faces, why = judging_faces(tiny_net.card(**changes))
    assert faces is None
    assert any(word in why for word in words.split("|")), why


def test_the_split_that_chose_the_epoch_judges(monkeypatch):
    noise.stand_in(monkeypatch)
    faces, why = judging_faces(tiny_net.card())
    assert (faces.split, why) == ("PublicTest", "")


@pytest.mark.parametrize("precision", ["fp32", "fp16", "int8"])
def test_a_passport_holds_the_figures_of_the_file_that_was_compiled(tmp_path, capfd, precision):
    pytest.importorskip("tensorrt_rtx")
    onnx = tiny_net.write(tmp_path / "a.onnx")
    calibration = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set")
    judged = tiny_net.faces(split="PublicTest", seed=1)
    result = build_engine(
        onnx, Precision(precision), calibration=calibration, targets=["sm89"], flavour="tensorrt_rtx", faces=judged
    )
    passport = result.card.engine
    judged_twice = "measuring accuracy: 280/280" in capfd.readouterr().err
    assert judged_twice == (precision != "fp32")
    for path, found in ((onnx, passport.before), (result.onnx, passport.after)):
        with OnnxSession(path) as session:
            assert found == evaluate(session, judged).to_measurement()
    assert (passport.before == passport.after) or precision != "fp32"
    # Of the float32 file nothing is known where the build starts from a converted one.
    if precision == "int8":
        again = build_engine(
            result.onnx, Precision.INT8, tmp_path / "e", targets=["sm89"], flavour="tensorrt_rtx", faces=judged
        )
        assert again.card.engine.before is None
        assert again.card.engine.after == passport.after
