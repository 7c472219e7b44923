from __future__ import annotations

import numpy as np
import pytest

from edgefer.emotions import FER2013, FERPLUS, RESEMOTENET
from edgefer.errors import DataError
from edgefer.evaluate.answers import Answers, answer, judged, restrict
from tests.evaluate.stubs import Asked, blank_faces, card


def says(label, labels):
    """A session that is sure of one label."""
    return Asked(card(labels), lambda pixels: np.tile([9.0 * (name == label) for name in labels], (len(pixels), 1)))


def test_truth_and_answers_are_in_the_models_order():
    found = answer(says("happy", RESEMOTENET), blank_faces([3, 4], FER2013))
    assert found.emotions == RESEMOTENET
    assert [RESEMOTENET[index] for index in found.truth] == ["happy", "sad"]
    assert [RESEMOTENET[index] for index in found.predicted] == ["happy", "happy"]


def test_only_chosen_emotions_are_columns():
    found = answer(says("fear", FERPLUS), blank_faces([0, 2], FER2013), names=("fear", "anger"))
    assert (found.logits.shape, found.truth.tolist(), found.predicted.tolist()) == ((2, 2), [1, 0], [0, 0])


def test_a_face_of_an_emotion_that_is_not_judged_is_refused():
    with pytest.raises(DataError, match="other emotions than fear, anger"):
        answer(says("fear", FERPLUS), blank_faces([3], FER2013), names=("fear", "anger"))


def test_what_two_sets_of_emotions_share_is_judged_on_request_only():
    faces = blank_faces([0], FERPLUS)
    with pytest.raises(DataError, match=r"contempt.*--common"):
        judged(faces, [card(FER2013)])
    assert judged(faces, [card(RESEMOTENET)], common=True) == RESEMOTENET
    three = card(("sadness", "happy", "contempt"))
    assert judged(faces, [card(FERPLUS), three], common=True) == ("happy", "sad", "contempt")
    assert judged(blank_faces([0], FER2013), [card(FERPLUS), three], common=True) == ("happy", "sad")


def test_the_second_model_must_fit_too():
    with pytest.raises(DataError, match="--common"):
        judged(blank_faces([0], FER2013), [card(FER2013), card(FERPLUS)])


def test_one_emotion_alone_is_nothing_to_judge():
    with pytest.raises(DataError, match="share 1 emotion"):
        judged(blank_faces([0], ("happy", "sad")), [card(("happy", "fear"))], common=True)


def test_faces_of_other_emotions_are_left_out_and_counted():
    faces = blank_faces([7, 0, 1, 7, 1], FERPLUS)
    positions, left_out = restrict(faces, FER2013)
    assert positions.tolist() == [1, 2, 4]
    assert left_out == {"contempt": 2}


def test_answers_check_their_shapes():
    faces = blank_faces([0, 1])
    with pytest.raises(DataError, match="do not fit"):
        Answers(card(), "stub", faces, FER2013, np.zeros(2, np.int64), np.zeros((2, 8), np.float32))
