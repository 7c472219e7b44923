from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.quantize.draw import brightness_bounds, draw, even_shares, strata
from edgefer.quantize.pool import Pool, screen


def pool_of(labels, levels) -> Pool:
    """Faces of 8x8 pixels whose mean grey is `levels`, no two of them equal, none blank."""
    count = len(labels)
    pixels = np.repeat(np.asarray(levels, np.uint8)[:, None], 64, axis=1)
    rows = np.arange(count)
    first, second = rows // 63 % 63, rows % 63
    pixels[rows, first] += 1
    pixels[rows, np.where(second >= first, second + 1, second)] -= 1
    faces = FaceSet.of("x", "Training", FER2013, pixels.reshape(count, 8, 8), np.asarray(labels, np.int64))
    return screen(faces)


def table(pool: Pool, rows) -> np.ndarray:
    """Drawn faces by emotion and stratum."""
    stratum = strata(pool.levels, bounds := brightness_bounds(pool.levels))
    counts = np.zeros((7, len(bounds) + 1), int)
    np.add.at(counts, (pool.faces.labels[rows], stratum[rows]), 1)
    return counts


def test_faces_are_even_over_emotions_and_within_each_over_brightness():
    random = np.random.default_rng(0)
    # Emotions of very different numbers, and most faces dark.
    labels = random.choice(7, 3000, p=[0.3, 0.05, 0.1, 0.25, 0.1, 0.1, 0.1])
    pool = pool_of(labels, (20 + 200 * random.beta(1, 4, 3000)).astype(int))
    counts = table(pool, draw(pool, 245, seed=0))
    assert counts.tolist() == [[7] * 5] * 7
    counts = table(pool, draw(pool, 250, seed=0))
    assert sorted(counts.sum(axis=1).tolist()) == [35, 35, 36, 36, 36, 36, 36]
    assert counts.min() >= 7
    assert np.ptp(counts.sum(axis=0)) <= 1


def test_sets_smaller_than_the_cells_still_spread():
    pool = pool_of(np.arange(700) % 7, np.arange(700) % 200 + 20)
    counts = table(pool, draw(pool, 16, seed=3))
    assert sorted(counts.sum(axis=1).tolist()) == [2, 2, 2, 2, 2, 3, 3]
    assert np.ptp(counts.sum(axis=0)) <= 1
    assert counts.max() == 1


def test_a_short_emotion_and_a_short_stratum_give_all_they_have():
    labels = [0] * 100 + [1] + [2] * 100 + [3] * 7
    levels = np.concatenate([np.linspace(30, 220, 100), [120], np.linspace(30, 49, 97), [100, 150, 210], [60] * 7])
    pool = pool_of(labels, levels.astype(int))
    rows = draw(pool, 60, seed=0)
    counts = table(pool, rows)
    assert counts.sum(axis=1)[:4].tolist() == [26, 1, 26, 7]
    available = table(pool, np.arange(len(labels)))[2]
    short = available < 5
    assert 0 < short.sum() < 5
    assert counts[2][short].tolist() == available[short].tolist()
    assert np.ptp(counts[2][~short]) <= 1
    assert len(set(rows.tolist())) == 60
    assert rows.tolist() == sorted(rows.tolist())


def test_everything_can_be_drawn():
    pool = pool_of([0, 0, 0, 1, 2, 2], [10, 20, 30, 40, 50, 60])
    assert draw(pool, 6, seed=0).tolist() == [0, 1, 2, 3, 4, 5]


def test_faces_that_are_equally_bright_are_one_stratum():
    pool = pool_of(np.arange(140) % 7, [90] * 140)
    assert brightness_bounds(pool.levels) == ()
    assert table(pool, draw(pool, 35, seed=0)).tolist() == [[5]] * 7


def test_bounds_are_quintiles_of_the_whole_split_and_no_stratum_is_empty():
    levels = np.arange(1.0, 102.0)
    assert brightness_bounds(levels) == (21, 41, 61, 81)
    assert np.bincount(strata(levels, brightness_bounds(levels))).tolist() == [20, 20, 20, 20, 21]
    most_equal = np.asarray([5.0] * 90 + [7.0, 8, 9, 9, 9, 9, 9, 9, 9, 9])
    bounds = brightness_bounds(most_equal)
    assert (np.bincount(strata(most_equal, bounds), minlength=len(bounds) + 1) > 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_faces_that_are_not_allowed_shape_the_strata_but_are_not_drawn(seed):
    pool = pool_of([0] * 100, np.arange(100) + 20)
    allowed = (np.arange(100) < 40) | (np.arange(100) == 99)
    dark = Pool(pool.faces, pool.levels, allowed, {}, "x")
    # One face each of the two darkest fifths of all faces, and the only one that may be drawn of the brightest.
    first, second, third = draw(dark, 3, seed).tolist()
    assert (first < 20, 20 <= second < 40, third) == (True, True, 99)
    assert draw(dark, 41, seed).tolist() == np.flatnonzero(allowed).tolist()


def test_the_seed_decides_which_faces():
    pool = pool_of(np.arange(700) % 7, np.arange(700) % 200 + 20)
    assert draw(pool, 70, seed=1).tolist() == draw(pool, 70, seed=1).tolist()
    assert draw(pool, 70, seed=1).tolist() != draw(pool, 70, seed=2).tolist()


@pytest.mark.parametrize(
    ("available", "count", "shares"),
    [
        ([10, 10, 10], 9, [3, 3, 3]),
        ([10, 10, 10], 10, [3, 3, 4]),
        ([1, 10, 10], 10, [1, 4, 5]),
        ([0, 2, 10], 12, [0, 2, 10]),
        ([1, 2, 100], 50, [1, 2, 47]),
        ([4, 4, 4], 0, [0, 0, 0]),
    ],
)
def test_shares_are_even_as_far_as_there_is_something(available, count, shares):
    order = np.asarray([2, 1, 0])
    assert even_shares(np.asarray(available), count, order).tolist() == shares
