from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.errors import DataError
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.comparison import compare, divergence, mcnemar
from tests.evaluate.stubs import answers

TRUTH = [0] * 4 + [1] * 4 + [2] * 2
# Of anger one face is lost; of fear two are lost and one is gained; sad stays.
BEFORE = [0, 0, 0, 1, 1, 1, 1, 0, 2, 0]
AFTER = [0, 0, 2, 2, 0, 0, 1, 1, 2, 0]


def test_a_comparison_worked_out_by_hand():
    found = compare(answers(TRUTH, BEFORE), answers(TRUTH, AFTER, precision=Precision.INT8))
    assert (found.reference, found.candidate) == ("stub fp32 (stub)", "stub int8 (stub)")
    assert (found.faces, found.accuracies) == (10, (0.7, 0.5))
    assert found.difference == pytest.approx(-0.2)
    assert found.same_label == 0.5
    assert (found.lost, found.gained) == (3, 1)
    anger, fear, sad = (found.changes[name] for name in ("anger", "fear", "sad"))
    assert (anger.faces, anger.lost, anger.gained, anger.reference, anger.candidate) == (4, 1, 0, 0.75, 0.5)
    assert (fear.lost, fear.gained, fear.difference) == (2, 1, -0.25)
    assert (sad.lost, sad.gained, sad.difference) == (0, 0, 0)
    assert (found.mcnemar.method, found.mcnemar.p) == ("exact binomial", pytest.approx(2 * 5 / 16))


def test_a_file_that_mixes_precisions_says_so():
    assert answers([0], [0], tools={"mixed": "int8+fp16"}).title == "stub int8+fp16 (stub)"


def test_emotions_that_fell_furthest_come_first_and_those_without_faces_last():
    truth = [0] * 4 + [1] * 4
    found = compare(answers(truth, [0, 0, 0, 0, 1, 1, 1, 1]), answers(truth, [0, 0, 0, 1, 2, 2, 1, 1]))
    assert list(found.changes) == ["fear", "anger", "sad"]
    absent = found.changes["sad"]
    assert (absent.faces, absent.reference, absent.difference, absent.interval) == (0, None, None, None)


def test_the_interval_holds_the_difference_and_knows_that_pairs_agree():
    truth = np.repeat([0, 1, 2], 200)
    after = truth.copy()
    after[:12] = 1
    found = compare(answers(truth, truth), answers(truth, after))
    assert found.difference == pytest.approx(-0.02)
    assert found.interval.low < found.difference < found.interval.high < 0
    assert found.changes["anger"].interval.low == pytest.approx(-0.06 - 1.96 * (0.06 * 0.94 / 200) ** 0.5, abs=0.01)
    assert (found.changes["sad"].interval.low, found.changes["sad"].interval.high) == (0, 0)


def test_divergence_by_hand_and_from_the_reference_to_the_candidate():
    before, after = answers([0], [0], sure=0.5), answers([0], [0], sure=0.8)
    by_hand = 0.5 * math.log(0.5 / 0.8) + 2 * 0.25 * math.log(0.25 / 0.1)
    assert divergence(before, after) == pytest.approx(by_hand, rel=1e-5)
    assert divergence(after, before) == pytest.approx(0.8 * math.log(1.6) + 0.2 * math.log(0.4), rel=1e-5)
    assert divergence(before, before) == 0


def test_few_pairs_are_tested_exactly():
    found = mcnemar(1, 8)
    assert (found.method, found.statistic, found.p) == ("exact binomial", None, pytest.approx(2 * (1 + 9) / 512))
    assert mcnemar(0, 0).p == 1
    assert mcnemar(3, 3).p == 1


def test_many_pairs_are_tested_by_chi_square():
    found = mcnemar(59, 6)
    assert found.method == "chi-square with continuity correction"
    assert found.statistic == pytest.approx(52**2 / 65)
    assert found.p < 1e-9
    # The 95 % point of chi-square with one degree of freedom is 3.841.
    assert mcnemar(60, 40).statistic == pytest.approx(3.61)
    assert mcnemar(60, 40).p == pytest.approx(0.0574, abs=1e-4)
    assert mcnemar(30, 30).p == 1


@pytest.mark.parametrize("change", ["faces", "views"])
def test_other_faces_or_views_are_refused(change):
    one, other = answers(TRUTH, BEFORE), answers(TRUTH, AFTER)
    other = answers(TRUTH[::-1], AFTER) if change == "faces" else replace(other, tta=Tta.FLIP)
    with pytest.raises(DataError, match="same faces, emotions and views"):
        compare(one, other)
