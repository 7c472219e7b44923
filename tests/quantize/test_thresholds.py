from __future__ import annotations

import numpy as np
import pytest

from edgefer.quantize.thresholds import BINS, count_magnitudes, divergences, entropy_share, percentile_share


def test_magnitudes_are_counted_in_equal_parts():
    values = np.float32([[0.0, 0.1, -0.1], [1.0, -1.0, 0.5]])
    counts = count_magnitudes(values, 1.0)
    assert counts.shape == (BINS,)
    assert counts.sum() == 6
    assert counts[0] == 1
    assert counts[int(0.1 * BINS)] == 2, "signs do not matter"
    assert counts[BINS // 2] == 1
    assert counts[-1] == 2, "the largest belongs to the last part"


def test_counts_of_batches_add_up():
    values = np.random.default_rng(0).normal(size=4000).astype(np.float32)
    peak = float(np.abs(values).max())
    parts = count_magnitudes(values[:1500], peak) + count_magnitudes(values[1500:], peak)
    assert (parts == count_magnitudes(values, peak)).all()


def test_a_percentile_holds_its_share():
    counts = np.ones(BINS, np.int64)
    assert percentile_share(counts, 100) == 1
    assert percentile_share(counts, 50) == 0.5
    counts = np.zeros(BINS, np.int64)
    counts[:1024], counts[-1] = 1000, 1
    assert percentile_share(counts, 99.99) == 0.5, "one of a million is left out"
    assert percentile_share(counts, 100) == 1


def published(counts):
    """The published procedure, one cut and one level at a time, with one value in an empty bin behind which is cut."""
    heights = counts.astype(np.float64)
    heights[0] = heights[1]
    found = []
    for size in range(128, len(counts) + 1):
        clipped, kept = heights[:size].copy(), heights[:size].copy()
        clipped[-1] += heights[size:].sum()
        if not kept[-1] and clipped[-1]:
            kept[-1] = 1
        spread = np.zeros(size)
        for level in range(128):
            low, high = size * level // 128, size * (level + 1) // 128
            filled = kept[low:high] > 0
            if filled.any():
                spread[low:high][filled] = kept[low:high].sum() / filled.sum()
        p, q = clipped / clipped.sum(), spread / spread.sum()
        found.append((p[p > 0] * np.log(p[p > 0] / q[p > 0])).sum())
    return found


@pytest.mark.parametrize("shape", ["laplace", "normal", "exponential"])
def test_entropy_is_the_published_procedure(shape):
    values = getattr(np.random.default_rng(0), shape)(size=60_000)
    counts = count_magnitudes(values.astype(np.float32), float(np.abs(values).max()))
    counts = counts.reshape(256, -1).sum(axis=1)
    costs = published(counts)
    assert divergences(counts) == pytest.approx(costs, abs=1e-9)
    assert entropy_share(counts) == (128 + int(np.argmin(costs))) / 256


def test_entropy_is_the_published_procedure_for_any_histogram():
    """Sparse ones too, in which many bins and whole levels are empty."""
    random = np.random.default_rng(0)
    for filled in (*random.uniform(0.02, 1, 8), *[0.05] * 8):
        counts = np.where(random.random(160) < filled, random.integers(1, 200, 160), 0)
        costs = published(counts)
        assert divergences(counts) == pytest.approx(costs, abs=1e-9), filled
        best = next(index for index, cost in enumerate(costs) if cost <= min(costs) + 1e-9)
        assert entropy_share(counts) == (128 + best) / 160, "rounding does not choose between equally good cuts"


def test_entropy_leaves_out_one_far_value():
    random = np.random.default_rng(0)
    values = np.append(random.uniform(-1, 1, 100_000), 8).astype(np.float32)
    assert entropy_share(count_magnitudes(values, 8)) == pytest.approx(1 / 8, abs=0.005)
    values[-1] = 100
    assert entropy_share(count_magnitudes(values, 100)) == 128 / BINS, "no cut leaves fewer bins than levels"


def test_entropy_keeps_an_even_spread():
    values = np.random.default_rng(0).uniform(-1, 1, 500_000).astype(np.float32)
    assert entropy_share(count_magnitudes(values, 1)) > 0.99


def test_zeros_do_not_move_the_cut():
    random = np.random.default_rng(1)
    values = random.laplace(size=60_000).astype(np.float32)
    peak = float(np.abs(values).max())
    counts = count_magnitudes(values, peak)
    counts[0] += 10_000_000
    assert entropy_share(counts) == entropy_share(count_magnitudes(values, peak)) < 1


def test_nothing_but_zeros_is_left_whole():
    counts = np.zeros(BINS, np.int64)
    counts[0] = 100
    assert entropy_share(counts) == 1
