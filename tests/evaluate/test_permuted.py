from __future__ import annotations

import numpy as np
import pytest

from edgefer.emotions import CANONICAL, FER2013, FERPLUS
from edgefer.errors import DataError
from edgefer.evaluate.permuted import suspicious_order

# FER2013 PublicTest by the student that edgefer ships, from `edgefer evaluate edgefer/students/fer2013-s.onnx`.
STUDENT = np.array(
    [
        [287, 3, 45, 19, 58, 12, 43],
        [15, 24, 5, 2, 7, 1, 2],
        [44, 1, 240, 20, 92, 34, 65],
        [11, 1, 19, 778, 17, 18, 51],
        [74, 1, 72, 27, 373, 8, 98],
        [14, 0, 25, 13, 7, 343, 13],
        [37, 3, 25, 53, 89, 12, 388],
    ]
)
# The same network on faces that were blurred (5 px) and on such that were shrunk to 6x6: every second face.
BLURRED = np.array(
    [
        [46, 0, 0, 30, 2, 14, 161],
        [3, 0, 0, 3, 0, 3, 17],
        [43, 0, 1, 30, 1, 10, 155],
        [108, 0, 1, 67, 1, 20, 244],
        [54, 0, 0, 44, 3, 12, 214],
        [27, 0, 0, 39, 1, 17, 134],
        [50, 0, 1, 26, 2, 12, 199],
    ]
)
SHRUNK = np.array(
    [
        [60, 0, 3, 116, 9, 9, 56],
        [6, 0, 0, 12, 0, 2, 6],
        [31, 0, 2, 134, 7, 9, 57],
        [88, 0, 3, 211, 18, 14, 107],
        [46, 0, 2, 160, 10, 10, 99],
        [26, 0, 3, 108, 0, 25, 56],
        [52, 0, 4, 121, 10, 14, 89],
    ]
)
# Which emotion's row the data show under each label when folders in alphabetical order are read as fer2013.csv.
ALPHABETICAL = [0, 1, 2, 3, 6, 4, 5]
RING = {"sad": "neutral", "surprise": "sad", "neutral": "surprise"}


@pytest.mark.parametrize("confusion", [STUDENT, BLURRED, SHRUNK], ids=["student", "blurred", "shrunk"])
def test_networks_that_are_right_or_merely_weak_raise_no_suspicion(confusion):
    assert suspicious_order(confusion, FER2013) is None


def test_alphabetical_folders_are_found_out_and_only_the_emotions_that_moved_are_named():
    assert suspicious_order(STUDENT[ALPHABETICAL], FER2013) == RING


@pytest.mark.parametrize("first", range(7))
@pytest.mark.parametrize("second", range(7))
def test_any_two_exchanged_emotions_are_found_out(first, second):
    order = list(range(7))
    order[first], order[second] = second, first
    found = suspicious_order(STUDENT[order], FER2013)
    if first == second:
        assert found is None
    else:
        assert found == {FER2013[first]: FER2013[second], FER2013[second]: FER2013[first]}


def test_a_much_weaker_network_still_finds_the_order_out():
    noise = STUDENT.sum(axis=1, keepdims=True) / 7
    weak = np.rint(0.6 * STUDENT + 0.4 * noise).astype(int)
    assert suspicious_order(weak, FER2013) is None
    assert suspicious_order(weak[ALPHABETICAL], FER2013) == RING


def test_all_emotions_moved_among_eight():
    order = [FERPLUS.index(name) for name in CANONICAL]
    confusion = np.full((8, 8), 2) + 50 * np.eye(8, dtype=int)
    found = suspicious_order(confusion[order], FERPLUS)
    assert found == {name: FERPLUS[place] for name, place in zip(FERPLUS, order, strict=True) if name != FERPLUS[place]}


def test_an_untrained_network_that_tells_two_emotions_apart_proves_nothing():
    confusion = np.zeros((7, 7), int)
    confusion[:, 0] = 100
    confusion[0] = [0, 100, 0, 0, 0, 0, 0]
    assert suspicious_order(confusion, FER2013) is None
    # As right about three others, it has learned something.
    confusion[2:5] = 100 * np.eye(7, dtype=int)[2:5]
    assert suspicious_order(confusion, FER2013) == {"anger": "disgust", "disgust": "anger"}


@pytest.mark.parametrize(
    ("own", "others", "found"),
    [
        # Of 100 faces each, called by their own name and by each other's.
        ((40, 40), (45, 45), False),
        ((35, 35), (55, 55), False),
        ((30, 30), (60, 60), True),
        ((0, 45), (80, 50), False),
    ],
)
def test_two_emotions_that_are_hard_to_tell_apart_are_not_exchanged(own, others, found):
    confusion = 100 * np.eye(7, dtype=int)
    confusion[2, 2], confusion[4, 4] = own
    confusion[2, 4], confusion[4, 2] = others
    expected = {"fear": "sad", "sad": "fear"} if found else None
    assert suspicious_order(confusion, FER2013) == expected


def test_a_handful_of_faces_proves_nothing():
    confusion = np.diag([50] * 5 + [0, 0])
    confusion[5, 6] = confusion[6, 5] = 9
    assert suspicious_order(confusion, FER2013) is None
    confusion[5, 6] = confusion[6, 5] = 10
    assert suspicious_order(confusion, FER2013) == {"surprise": "neutral", "neutral": "surprise"}


def test_a_matrix_of_other_emotions_is_refused():
    with pytest.raises(DataError, match="7x7"):
        suspicious_order(np.eye(6, dtype=int), FER2013)
