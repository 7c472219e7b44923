from __future__ import annotations

import numpy as np
import pytest

from edgefer.benchmark.summary import histogram, interval, parts, speedup, summarise
from edgefer.runtime.session import PartTimes

MS = 1_000_000


def rounds(*medians, count=50):
    """Rounds of nanoseconds, evenly spread by 10 % around their medians in ms."""
    return [(median * MS * np.linspace(0.9, 1.1, count)).astype(int).tolist() for median in medians]


def test_figures_of_known_samples():
    found = summarise([[MS * value for value in range(1, 101)], [MS * value for value in range(101, 201)]])
    assert (found.samples, found.min_ms) == (200, 1)
    assert (found.median_ms, found.mean_ms) == (100.5, 100.5)
    assert found.p90_ms == pytest.approx(180.1)
    assert found.p95_ms == pytest.approx(190.05)
    assert found.p99_ms == pytest.approx(198.01)
    assert found.max_ms == 200
    assert found.rounds_ms == (50.5, 150.5)


def test_a_percentile_of_few_samples_is_not_claimed():
    assert summarise([[MS] * 60, [MS] * 39]).p99_ms is None
    assert summarise([[MS] * 60, [MS] * 40]).p99_ms == 1


def test_unstable_is_a_variation_of_more_than_a_fortieth():
    assert not summarise(rounds(10, 10.1, 9.9)).unstable
    assert summarise(rounds(10, 10.1, 12)).unstable
    one = summarise(rounds(10))
    assert (one.variation, one.unstable) == (None, False)


def test_speedup_is_the_ratio_and_its_interval_holds_it():
    found = speedup("t", summarise(rounds(20, 21, 20.5, 20.2, 20.8)), summarise(rounds(2, 2.02, 1.98, 2.01, 2.0)))
    assert found.over == "t"
    assert found.value == pytest.approx(10.35, rel=0.03)
    assert 9.9 < found.low <= found.value <= found.high < 10.7


def test_rounds_are_compared_in_pairs():
    # The machine is three times slower in one round: both rows suffer, their ratio does not.
    found = speedup("t", summarise(rounds(20, 60, 20)), summarise(rounds(2, 6, 2)))
    assert (found.value, found.low, found.high) == pytest.approx((10, 10, 10), rel=1e-3)


def test_an_uncertain_ratio_has_a_wide_interval():
    found = speedup("t", summarise(rounds(20, 20, 20, 20, 20)), summarise(rounds(1, 2, 4, 3, 2)))
    assert found.low < 7
    assert found.high > 9


def test_one_round_gives_no_interval():
    found = speedup("t", summarise(rounds(20)), summarise(rounds(2)))
    assert (found.low, found.high) == (None, None)


def test_rows_are_paired_by_rounds_when_one_was_done_early():
    # Only the first two rounds are common; in the third the machine was three times slower.
    found = speedup("t", summarise(rounds(20, 40, 60)), summarise(rounds(2, 4)))
    assert (found.value, found.low, found.high) == pytest.approx((10, 10, 10), rel=1e-3)


def test_the_interval_is_about_whole_rounds_and_not_about_calls():
    # Thousands of calls in each of three rounds that disagree: no number of calls makes that sure.
    low, high = interval(rounds(10, 11, 12, count=5000))
    assert low == pytest.approx(10, rel=0.02)
    assert high == pytest.approx(12, rel=0.02)
    assert interval(rounds(10)) is None


def test_the_interval_holds_the_median_and_narrows_with_rounds():
    few, many = rounds(9, 10, 11), rounds(*[9, 10, 11] * 8)
    for samples in (few, many):
        found = summarise(samples)
        assert found.low_ms <= found.median_ms <= found.high_ms
    narrow, wide = interval(many), interval(few)
    assert narrow[1] - narrow[0] < 0.7 * (wide[1] - wide[0])


def test_a_long_round_weighs_more():
    # 900 of 1000 calls took 10 ms: resampling seldom finds another median than theirs.
    low, high = interval([[10 * MS] * 300] * 3 + [[30 * MS] * 100])
    assert (low, high) == (10, 10)


def test_the_histogram_counts_every_call_once():
    values = np.concatenate([np.linspace(1, 2, 990), np.full(10, 50.0)])
    found = histogram(values)
    assert len(found.counts) <= 40
    assert sum(found.counts) + found.above == 1000
    assert found.above == 10
    assert (found.low_ms, found.high_ms) == (1, pytest.approx(np.percentile(values, 99)))


@pytest.mark.parametrize("values", [[3.0], [3.0] * 200, [3.0, 4.0]])
def test_a_histogram_of_little(values):
    found = histogram(np.asarray(values))
    assert sum(found.counts) + found.above == len(values)


def test_parts_are_spreads_of_their_own():
    found = parts([PartTimes(h2d_ms=one, compute_ms=10 * one, d2h_ms=0.1, enqueue_ms=2) for one in (1, 2, 3)], 0.5)
    assert (found.h2d.median_ms, found.compute.median_ms, found.compute.max_ms) == (2, 20, 30)
    assert (found.d2h.mean_ms, found.enqueue.samples) == (pytest.approx(0.1), 3)
    assert (found.latency.median_ms, found.wall_s) == (pytest.approx(22.1), 0.5)
    assert parts([], 0.0) is None
