from __future__ import annotations

import numpy as np
import pytest

from edgefer.benchmark.summary import speedup, summarise

MS = 1_000_000


def rounds(*medians, count=50):
    """Rounds of nanoseconds, evenly spread by 10 % around their medians in ms."""
    return [(median * MS * np.linspace(0.9, 1.1, count)).astype(int).tolist() for median in medians]


def test_figures_of_known_samples():
    found = summarise([[MS * value for value in range(1, 101)], [MS * value for value in range(101, 201)]])
    assert (found.samples, found.min_ms) == (200, 1)
    assert (found.median_ms, found.mean_ms) == (100.5, 100.5)
    assert found.p90_ms == pytest.approx(180.1)
    assert found.p99_ms == pytest.approx(198.01)
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
