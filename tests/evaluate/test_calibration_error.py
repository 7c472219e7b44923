from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import DataError
from edgefer.evaluate.calibration_error import Reliability, bin_of, confidences, reliability


def slow_error(confidence, right, bins):
    """The definition, bin by bin: sum of |right share - mean confidence| by faces, over (low, high]."""
    total = 0.0
    for number in range(bins):
        low, high = number / bins, (number + 1) / bins
        inside = [i for i, value in enumerate(confidence) if low < value <= high or (number == 0 and value == 0)]
        if inside:
            gap = np.mean([right[i] for i in inside]) - np.mean([confidence[i] for i in inside])
            total += len(inside) / len(confidence) * abs(gap)
    return total


def test_an_error_worked_out_by_hand():
    # (0.8, 0.9] is one of ten bins: 0.85 and 0.87, one right; 0.95 is in the last, right.
    found = reliability(np.array([0.85, 0.87, 0.95]), np.array([True, False, True]), bins=10)
    assert found.faces.tolist() == [0] * 8 + [2, 1]
    assert found.accuracy[8:].tolist() == [0.5, 1]
    assert found.confidence[8:] == pytest.approx([0.86, 0.95])
    assert found.error == pytest.approx((2 * 0.36 + 1 * 0.05) / 3)


def test_the_same_as_the_definition_on_many_faces():
    random = np.random.default_rng(1)
    confidence, right = random.random(500), random.random(500) < 0.6
    found = reliability(confidence, right)
    assert found.error == pytest.approx(slow_error(confidence, right, 15), rel=1e-12)
    assert found.faces.sum() == 500


def test_a_border_belongs_to_the_bin_below_it():
    assert bin_of(np.array([0.0, 1e-9, 0.2, 0.2000001, 1.0]), 5).tolist() == [0, 0, 0, 1, 4]


def test_sure_and_right_has_no_error_and_sure_and_wrong_has_all_of_it():
    sure = np.ones(4)
    assert reliability(sure, np.ones(4, bool)).error == 0
    assert reliability(sure, np.zeros(4, bool)).error == 1


def test_confidence_is_the_largest_probability():
    logits = np.log([[0.2, 0.5, 0.3], [0.9, 0.05, 0.05]]).astype(np.float32) - 3
    assert confidences(logits) == pytest.approx([0.5, 0.9], rel=1e-6)
    assert confidences(np.array([[4000, -4000]], np.float32)) == 1


def test_a_diagram_without_faces_is_refused():
    with pytest.raises(DataError, match="reliability"):
        Reliability(np.zeros(3, np.int64), np.zeros(3), np.zeros(3))
