from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import network_input
from edgefer.errors import BuildError, DataError, UsageError
from edgefer.evaluate.evaluate import evaluate
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.curve import calibration_curve, curve_plan
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.method import DEFAULT
from edgefer.quantize.pool import screen
from edgefer.quantize.ranges import passes
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net
from tests.quantize.curves import curve


def judged(split: str = "PublicTest") -> FaceSet:
    """Labels in another order than the network's, and no face of the last emotion."""
    faces = tiny_net.faces(90, seed=8, split=split)
    order = tuple(reversed(faces.emotions))
    faces = FaceSet.of("noise", split, order, faces.pixels, 6 - faces.labels)
    return faces.take(faces.labels != 0)


def test_each_trial_is_what_that_set_gives(tmp_path):
    # These weights give three labels to the faces. They are the truth here for four of five, so that INT8 loses.
    onnx, faces = tiny_net.write(tmp_path / "tiny.onnx", tiny_net.model(seed=11)), judged()
    with OnnxSession(onnx) as session:
        said = session.infer(network_input(faces.pixels, tiny_net.SPEC)).argmax(axis=1)
    truth = np.where(np.arange(len(faces)) % 5, said, 0)
    faces = FaceSet.of("noise", "PublicTest", faces.emotions, faces.pixels, 6 - truth)
    # Ranges measured on faces all of one grey clip what is judged, so that INT8 errs.
    flat = tiny_net.faces()
    pool = screen(FaceSet.of("noise", "Training", flat.emotions, flat.pixels // 20 + 125, flat.labels))
    found = calibration_curve(onnx, pool, faces, [(32, 0), (16, 1), (16, 0)])
    assert [(trial.faces, trial.seed) for trial in found.trials] == [(16, 0), (16, 1), (32, 0)]
    assert (found.model, found.dataset, found.judged_split, found.judged_faces) == (
        "tiny",
        "noise",
        "PublicTest",
        len(faces),
    )
    assert (found.data_sha256, found.judged_sha256) == (pool.faces.sha256, faces.sha256)
    with OnnxSession(onnx) as before:
        reference = evaluate(before, faces)
        assert found.accuracy == pytest.approx(reference.accuracy)
        for trial in found.trials:
            calibration = make_calibration_set(pool, tiny_net.card(), trial.faces, tmp_path / "set", trial.seed)
            to_int8(onnx, calibration, tmp_path / "int8.onnx")
            with OnnxSession(tmp_path / "int8.onnx") as session:
                result = evaluate(session, faces)
                labels = [one.infer(network_input(faces.pixels, tiny_net.SPEC)).argmax(1) for one in (before, session)]
            drops = {
                name: reference.scores[name].recall - score.recall
                for name, score in result.scores.items()
                if score.recall is not None
            }
            assert trial.accuracy == pytest.approx(result.accuracy)
            assert trial.same_label == pytest.approx((labels[0] == labels[1]).mean())
            assert trial.worst_drop == pytest.approx(max(drops.values()))
            assert trial.worst_drop == pytest.approx(drops[trial.worst_emotion])
            assert len(drops) == 4
            assert trial.same_label < 1
            assert len(set(drops.values())) > 1


def test_nothing_stays_behind(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    onnx = tiny_net.write(tmp_path / "tiny.onnx")
    calibration_curve(onnx, screen(tiny_net.faces()), judged(), [(16, 0)])
    assert list((tmp_path / "temporary").iterdir()) == []
    assert list(Path().iterdir()) == []


def test_progress_counts_the_faces_of_both_kinds(tmp_path, capsys):
    faces = judged()
    calibration_curve(tiny_net.write(tmp_path / "tiny.onnx"), screen(tiny_net.faces()), faces, [(16, 0), (32, 0)])
    work = passes(DEFAULT) * (16 + 32) + 3 * len(faces)
    assert f"calibration curve: {work}/{work}" in capsys.readouterr().err


def test_training_faces_do_not_judge(tmp_path):
    with pytest.raises(UsageError, match="Training faces set the ranges and cannot judge them"):
        calibration_curve(
            tiny_net.write(tmp_path / "tiny.onnx"), screen(tiny_net.faces()), judged("Training"), [(16, 0)]
        )


def test_a_file_that_is_quantised_already_is_refused(tmp_path):
    onnx = tiny_net.write(tmp_path / "tiny.onnx", own_card=tiny_net.card(precision=Precision.FP16))
    with pytest.raises(BuildError, match="is fp16 already"):
        calibration_curve(onnx, screen(tiny_net.faces()), judged(), [(16, 0)])


def test_the_plan_goes_as_far_as_the_faces_do():
    assert curve_plan(140) == [(size, seed) for size in (16, 32, 64, 128) for seed in (0, 1, 2)]
    assert curve_plan(10**6)[-3:] == [(512, 0), (1024, 0), (2048, 0)]
    assert curve_plan(10**6, largest=64, repeats=1, seed=5) == [(16, 5), (32, 5), (64, 5)]
    assert curve_plan(16) == [(16, 0), (16, 1), (16, 2)]


@pytest.mark.parametrize(
    ("left", "largest", "fix"), [(15, None, "name more faces with --data"), (99, 8, "raise --count")]
)
def test_too_few_faces_for_a_curve_are_one_line(left, largest, fix):
    with pytest.raises(UsageError, match=rf"begins at 16 calibration faces.*{fix}"):
        curve_plan(left, largest)


def test_enough_is_the_size_from_which_on_every_draw_is_near_the_largest():
    assert curve((16, 0, 0.60), (16, 1, 0.67), (32, 0, 0.672), (64, 0, 0.67)).enough == 32
    assert curve((16, 0, 0.67), (32, 0, 0.64), (64, 0, 0.671), (128, 0, 0.67)).enough == 64
    assert curve((16, 0, 0.60), (32, 0, 0.67)).enough == 32
    assert curve((16, 0, 0.685), (32, 0, 0.67)).enough == 32
    assert curve((16, 0, 0.6999), (32, 0, 0.69)).enough == 16
    assert curve((16, 0, 0.60), (16, 1, 0.70)).enough is None


def test_the_largest_set_is_the_mean_of_its_draws_and_spread_is_within_a_size():
    found = curve((16, 0, 0.60), (32, 0, 0.66), (32, 1, 0.68))
    assert found.largest == pytest.approx(0.67)
    assert found.spread == pytest.approx(0.02)
    assert curve((16, 0, 0.60), (32, 0, 0.70)).spread == 0


def test_json_has_every_trial_and_what_follows():
    values = curve((16, 0, 0.675), (32, 0, 0.67)).to_dict()
    assert values["trials"][0] == {
        "faces": 16, "seed": 0, "accuracy": 0.675, "same_label": 0.97, "worst_emotion": "fear", "worst_drop": 0.02,
    }  # fmt: skip
    assert (values["accuracy"], values["enough"], values["largest_accuracy"]) == (0.68, 16, 0.67)
    assert values["near"] == 0.01


def test_a_curve_without_trials_is_refused():
    with pytest.raises(DataError):
        curve()
    assert np.isfinite(curve((16, 0, 0.5)).largest)
