from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgefer.card import Provenance
from edgefer.data.load import load_faces
from edgefer.data.store import write_store
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.evaluate.answers import answer
from edgefer.paths import DATA
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.exclusion import Limits, Reason
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.search import find_exclusion, find_sensitivity, judging_faces, ranking_faces
from edgefer.quantize.source import training_pool
from edgefer.quantize.trials import open_trials
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net
from tests.datasets import dataset_of
from tests.quantize import ruined


@pytest.fixture
def src(tmp_path):
    ruined.store()
    return ruined.write(tmp_path / "ruined.onnx")


@pytest.fixture
def calibration(src, tmp_path):
    return make_calibration_set(training_pool(ruined.card()), ruined.card(), 70, tmp_path / "set")


def test_the_ruined_convolution_ranks_worst(src, calibration):
    found = find_sensitivity(src, calibration)
    assert found.ranking[0] == "mix"
    worst, *others = found.effects
    assert found.accuracy == 1
    assert worst.same_label == pytest.approx(1 / 7)
    assert sum(recall for recall in worst.recall.values()) == pytest.approx(1)
    assert all(effect.same_label > 0.9 for effect in others)
    assert (found.dataset, found.split, found.faces) == ("noise", "Training", 70)


def test_it_is_the_one_that_is_left_in_float(src, calibration, tmp_path):
    found = find_exclusion(src, calibration, Limits(2, 10))
    assert (found.reason, found.left, found.layers) == (Reason.HELD, ("mix",), ruined.LAYERS)
    assert [attempt.left for attempt in found.attempts] == [(), ("mix",)]
    assert found.attempts[0].drop > 80
    assert (found.dataset, found.split, found.faces) == ("noise", "PublicTest", 70)
    # What was judged is the file that an engine is made from.
    to_int8(src, calibration, tmp_path / "int8.onnx", keep=frozenset({"node_2"}))
    to_fp16(tmp_path / "int8.onnx", tmp_path / "mixed.onnx")
    assert graph.census(graph.load(tmp_path / "mixed.onnx")[0]) == {"conv int8": 2, "conv half": 1, "matmul half": 1}
    with OnnxSession(tmp_path / "mixed.onnx") as session:
        answers = answer(session, load_faces("noise", "PublicTest"))
    assert found.last.comparison.accuracies[1] == pytest.approx((answers.predicted == answers.truth).mean())
    assert found.last.comparison.candidate == answers.title == "ruined int8+fp16 (onnxruntime cpu)"


def test_progress_names_each_trial_and_nothing_stays_behind(src, calibration, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    find_exclusion(src, calibration, Limits(2, 10))
    said = capsys.readouterr().err
    for line in (
        "calibrating: ",
        "float32: 70/70",
        "INT8, 0 of 3 convolutions in float: 70/70",
        "without INT8: 70/70",
        f"sensitivity: {5 * 70}/{5 * 70}",
        "INT8, 1 of 3 convolutions in float: 70/70",
    ):
        assert line in said
    assert list((tmp_path / "temporary").iterdir()) == []


def test_ranking_faces_are_neither_calibrated_nor_judged_on(src, calibration):
    faces = ranking_faces(ruined.card(), calibration)
    keys = {face.tobytes() for face in faces.pixels}
    training = load_faces("noise", "Training")
    drawn = {training.pixels[row].tobytes() for row in calibration.manifest.rows}
    assert len(keys) == 70
    assert not keys & drawn
    assert not keys & {face.tobytes() for face in load_faces("noise", "PublicTest").pixels}
    assert faces.counts() == dict.fromkeys(faces.emotions, 10)


def test_as_many_as_are_asked_for_by_any_seed(src, calibration):
    first, second = (ranking_faces(ruined.card(), calibration, 21, seed) for seed in (0, 1))
    assert len(first) == len(second) == 21
    assert first.sha256 != second.sha256
    with pytest.raises(DataError, match=r"has 70 faces that are not in .*, and 71 are to rank the layers"):
        ranking_faces(ruined.card(), calibration, 71)


def test_a_set_of_all_faces_leaves_none_to_rank(src, tmp_path):
    everything = make_calibration_set(training_pool(ruined.card()), ruined.card(), 140, tmp_path / "set")
    with pytest.raises(DataError, match="make a smaller set with: edgefer calibrate --count"):
        ranking_faces(ruined.card(), everything)


def test_faces_that_have_changed_do_not_rank(src, calibration):
    write_store(DATA / "noise", dataset_of([tiny_net.faces(140, seed=9), tiny_net.faces(70, split="PublicTest")]))
    with pytest.raises(ArtifactError, match="was drawn from other faces than noise Training holds now"):
        ranking_faces(ruined.card(), calibration)


def test_the_judges_are_those_that_evaluate_takes(src, calibration):
    assert judging_faces(ruined.card(), calibration).split == "PublicTest"
    everything = ruined.card().but(provenance=Provenance(dataset="noise", splits=("Training", "Training")))
    with pytest.raises(UsageError, match="faces that set the ranges cannot judge them"):
        judging_faces(everything, calibration)
    unknown = ruined.card().but(provenance=Provenance())
    assert judging_faces(unknown, calibration).name == "noise"
    with pytest.raises(UsageError, match="no faces are known as 'elsewhere'"):
        judging_faces(ruined.card().but(provenance=Provenance(dataset="elsewhere")), calibration)


def test_trials_are_named_by_weights_and_the_float_one_is_the_source(src, calibration):
    trials = open_trials(src, calibration)
    assert trials.nodes == {"stem": "node_1", "mix": "node_2", "last": "node_3"}
    faces = load_faces("noise", "PublicTest")
    reference = trials.reference(faces, lambda *_: None)
    same = trials.in_float(trials.layers, faces, lambda *_: None)
    assert np.array_equal(reference.logits, same.logits)
    assert trials.in_half(trials.layers, faces, lambda *_: None).precision == "fp16"
    assert trials.in_float(("mix",), faces, lambda *_: None).precision == "int8"
    assert Path(src).is_file()
