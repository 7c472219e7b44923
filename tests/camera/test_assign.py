from __future__ import annotations

import itertools

import numpy as np
import pytest

from edgefer.camera.assign import assign


def best(scores):
    """The largest sum, by trying every way to pair the smaller side."""
    if scores.shape[0] > scores.shape[1]:
        scores = scores.T
    rows, columns = scores.shape
    gains = np.maximum(scores, 0)
    return max(gains[range(rows), list(way)].sum() for way in itertools.permutations(range(columns), rows))


@pytest.mark.parametrize("shape", [(1, 1), (2, 5), (5, 2), (4, 4), (6, 5), (3, 7)])
def test_no_other_pairs_have_a_larger_sum(shape):
    rng = np.random.default_rng(shape[0] * 10 + shape[1])
    for share in (0.2, 0.5, 1.0):
        for _ in range(20):
            scores = rng.random(shape) * (rng.random(shape) < share)
            pairs = assign(scores)
            assert len(set(pairs.values())) == len(pairs)
            assert all(scores[row, column] > 0 for row, column in pairs.items())
            assert sum(scores[row, column] for row, column in pairs.items()) == pytest.approx(best(scores))


def test_the_largest_score_gives_way_where_both_gain_by_it():
    assert assign(np.array([[1.0, 0.9], [0.8, 0.0]])) == {0: 1, 1: 0}


def test_who_has_no_partner_stays_alone():
    assert assign(np.array([[0.0, 0.5], [0.0, 0.4], [0.0, -1.0]])) == {0: 1}
    assert assign(np.empty((0, 3))) == assign(np.empty((3, 0))) == {}


def test_a_crowd_is_paired_rightly():
    rng = np.random.default_rng(0)
    right = rng.permutation(40)
    scores = rng.random((40, 40)) * 0.1
    scores[range(40), right] += 1
    assert assign(scores) == dict(enumerate(right.tolist()))
