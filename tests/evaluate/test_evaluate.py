from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.card import Measurement, ModelCard
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013, FERPLUS, RESEMOTENET
from edgefer.errors import DataError
from edgefer.evaluate import metrics
from edgefer.evaluate.answers import answer
from edgefer.evaluate.evaluate import Evaluation, evaluate, score
from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.session import softmax
from tests import brightness_model


@pytest.fixture
def session(tmp_path):
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as session:
        yield session


def faces(shown, truth=None, order=FER2013):
    """Faces that the brightness model takes for `shown`, labelled `truth` (default the same)."""
    pixels = np.stack([np.full((48, 48), brightness_model.CENTRES[name], np.uint8) for name in shown])
    labels = np.array([order.index(name) for name in truth or shown])
    return FaceSet.of("made", "PublicTest", order, pixels, labels)


def test_every_face_right_whatever_the_order_of_the_labels(session):
    for order in (FER2013, RESEMOTENET):
        found = evaluate(session, faces(FER2013 * 3, order=order))
        assert (found.accuracy, found.balanced_accuracy, found.macro_f1, found.faces) == (1, 1, 1, 21)
        assert found.confusion.tolist() == (3 * np.eye(7, dtype=int)).tolist()


def test_a_mistake_stands_in_the_row_of_its_truth(session):
    found = evaluate(session, faces(["happy", "happy", "sad"], ["sad", "happy", "sad"], order=RESEMOTENET))
    sad, happy = found.emotions.index("sad"), found.emotions.index("happy")
    assert found.confusion[sad, happy] == 1
    assert found.accuracy == pytest.approx(2 / 3)
    assert found.scores["sad"].recall == 0.5
    assert found.scores["happy"].precision == 0.5


def test_aliases_of_emotion_names_are_one_emotion(session):
    other = faces(FER2013)
    renamed = FaceSet.of(
        "made",
        "x",
        ("angry", "disgusted", "fearful", "joy", "sadness", "surprised", "neutral"),
        other.pixels,
        other.labels,
    )
    assert evaluate(session, renamed).accuracy == 1


def test_other_emotions_are_refused(session):
    with pytest.raises(DataError, match="contempt"):
        evaluate(session, faces(["happy"], order=FERPLUS))


def test_no_faces_are_refused(session):
    empty = FaceSet.of("made", "x", FER2013, np.empty((0, 48, 48), np.uint8), np.empty(0, np.int64))
    with pytest.raises(DataError, match="no faces"):
        evaluate(session, empty)


def test_missing_emotions_leave_no_nan_anywhere(session):
    found = evaluate(session, faces(["happy", "sad", "sad"]))
    values = json.loads(found.to_json())
    assert "NaN" not in found.to_json()
    assert values["emotions"]["fear"] == {
        "faces": 0,
        "recall": None,
        "recall_interval": None,
        "precision": None,
        "f1": None,
    }
    assert values["balanced_accuracy"] == 1


def test_json_holds_what_the_object_says(session):
    found = evaluate(session, faces(["happy", "sad", "sad"], ["happy", "sad", "fear"]))
    values = json.loads(found.to_json())
    assert values["accuracy"] == found.accuracy
    assert values["faces"] == 3
    assert values["confusion"]["order"] == list(FER2013)
    assert np.sum(values["confusion"]["true_by_predicted"]) == 3
    assert values["negative_log_likelihood"] == found.negative_log_likelihood > 0


def test_an_evaluation_says_how_sure_and_how_certain_it_is(session):
    found = evaluate(session, faces(["happy", "sad", "sad", "sad"], ["happy", "sad", "sad", "fear"]))
    answers = answer(session, faces(["happy", "sad", "sad", "sad"], ["happy", "sad", "sad", "fear"]))
    sure = softmax(answers.logits).max(axis=1)
    by_bin = {}
    for value, right in zip(sure, [1, 1, 1, 0], strict=True):
        by_bin.setdefault(int(np.ceil(value * 15)), []).append(right - value)
    assert found.calibration_error == pytest.approx(sum(abs(sum(gaps)) for gaps in by_bin.values()) / 4, rel=1e-5)
    assert found.brier == metrics.brier(answers.logits, answers.truth)
    assert found.intervals.accuracy.low <= found.accuracy <= found.intervals.accuracy.high
    assert found.recall_intervals["neutral"] is None
    values = found.to_dict()
    assert values["intervals"]["accuracy"] == [found.intervals.accuracy.low, found.intervals.accuracy.high]
    assert sum(values["reliability"]["faces"]) == 4


def test_some_of_the_faces_are_scored_alone(session):
    answers = answer(session, faces(["happy", "sad", "sad", "sad"], ["happy", "sad", "sad", "fear"]))
    found = score(answers, np.array([True, True, False, True]), "without one")
    assert (found.faces, found.accuracy, found.protocol) == (3, pytest.approx(2 / 3), "without one")
    assert found.data_sha256 != answers.faces.sha256
    with pytest.raises(DataError, match="'nobody' leaves no face"):
        score(answers, np.zeros(4, bool), "nobody")


def test_measurement_fits_a_card_and_leaves_absent_emotions_out(session):
    found = evaluate(session, faces(["happy", "sad", "sad"], ["happy", "sad", "fear"]))
    measured = found.to_measurement()
    assert measured == Measurement(
        dataset="made",
        split="PublicTest",
        faces=3,
        backend="onnxruntime cpu",
        accuracy=found.accuracy,
        balanced_accuracy=found.balanced_accuracy,
        macro_f1=found.macro_f1,
        recall={"fear": 0, "happy": 1, "sad": 1},
        data_sha256=found.data_sha256,
    )
    assert measured.data_sha256
    card = session.card.but(measured=(measured,))
    assert ModelCard.from_json(card.to_json(), "here").measured == (measured,)


@pytest.mark.parametrize(
    ("confusion", "says"),
    [
        (np.ones((2, 3), int), "3x3"),
        (np.ones((3, 3)), "counts"),
        (-np.ones((3, 3), int), "counts"),
        (np.zeros((3, 3), int), "no faces"),
    ],
)
def test_an_evaluation_checks_its_matrix(confusion, says):
    with pytest.raises(DataError, match=says):
        Evaluation("m", "b", "d", "s", "h", ("anger", "fear", "sad"), confusion, 0.0)
