from __future__ import annotations

import math
import random

import pytest

from edgefer.benchmark.contrast import LUCK, RUNS, Contrast, between, drift, paired, ratios


def test_paired_rounds_by_hand():
    # Logarithms 0.1, 0.2, 0.3: mean 0.2, standard error 0.1 / sqrt(3), t for 2 degrees of freedom 4.303.
    found = paired([math.exp(0.1), math.exp(0.2), math.exp(0.3)], [1, 1, 1])
    reach = 4.303 * 0.1 / math.sqrt(3)
    assert found is not None
    assert found.value == pytest.approx(math.exp(0.2))
    assert (found.low, found.high) == pytest.approx((math.exp(0.2 - reach), math.exp(0.2 + reach)))
    assert not found.sure


def test_what_slows_both_rows_of_a_round_cancels():
    found = paired([1.3, 2.6, 1.31, 3.9], [1, 2, 1, 3])
    assert found is not None
    assert found.above
    assert found.inverse.below


def test_one_round_shows_nothing():
    assert paired([1.0], [2.0]) is None
    assert paired([1.0, 1.1, 1.0], [2.0]) is None
    assert between([1.0], [2.0, 2.0]) is None
    assert drift([1.0]) is None
    assert drift([]) is None


def test_a_row_that_stopped_early_is_compared_in_the_rounds_that_it_has():
    assert paired([2, 2, 2, 9, 9], [1, 1, 1]) == Contrast(2, 2, 2)
    assert ratios([2, 2, 2, 9, 9], [1, 1, 1]) == [2, 2, 2]


def test_less_than_the_luck_of_a_process_is_no_difference():
    small, large = paired([1 + LUCK] * 5, [1] * 5), paired([1.01 + LUCK] * 5, [1] * 5)
    assert small is not None
    assert large is not None
    assert not small.sure
    assert not small.inverse.sure
    assert large.above
    assert large.inverse.below


def test_runs_apart_by_hand():
    # Equal spreads: both standard errors are 0.1 / sqrt(3), and 4 degrees of freedom are left: t = 2.776.
    one = [math.exp(value) for value in (0.9, 1.0, 1.1)]
    other = [math.exp(value) for value in (-0.1, 0.0, 0.1)]
    found = between(one, other)
    reach = 2.776 * math.sqrt(2 * 0.01 / 3)
    assert found is not None
    assert (found.value, found.low, found.high) == pytest.approx(
        (math.e, math.exp(1 - reach), math.exp(1 + reach)), rel=1e-6
    )
    assert between([2, 2], [1, 1]) == Contrast(2, 2, 2, RUNS)


def test_two_runs_have_more_luck_than_two_rows_of_one():
    one, other = between([1 + RUNS] * 5, [1] * 5), between([1.01 + RUNS] * 5, [1] * 5)
    assert one is not None
    assert other is not None
    assert not one.sure
    assert not one.inverse.sure
    assert other.above
    assert other.inverse.below


def test_the_interval_holds_what_is_true_in_95_of_100_runs():
    chance = random.Random(1)
    held = {paired: 0, between: 0}
    for _ in range(2000):
        one, other = ([math.exp(chance.gauss(0, 0.05)) for _ in range(5)] for _ in range(2))
        for method in held:
            found = method(one, other)
            assert found is not None
            held[method] += found.low <= 1 <= found.high
    assert 1880 <= held[paired] <= 1920
    # Rounding the degrees of freedom down makes Welch's interval a little wider.
    assert 1880 <= held[between] <= 1950


def test_drift_up_and_down():
    assert drift([1, 1.1, 1.21, 1.331, 1.4641]) == pytest.approx(0.4641)
    assert drift([1.4641, 1.331, 1.21, 1.1, 1]) == pytest.approx(1 / 1.4641 - 1)


def test_one_round_out_of_order_among_five_is_no_drift():
    assert drift([1, 1.1, 1.3, 1.2, 1.4]) is None
    assert drift([1, 1, 1, 1, 1]) is None
    assert drift([1, 2, 3, 4]) is None


def test_among_ten_rounds_a_drift_may_have_exceptions():
    assert drift([1, 1.1, 1.3, 1.2, 1.4, 1.5, 1.6, 1.8, 1.7, 1.9]) is not None


def test_rounds_in_random_order_seldom_drift():
    chance = random.Random(2)
    found = sum(drift([chance.random() + 1 for _ in range(5)]) is not None for _ in range(3000))
    assert 30 <= found <= 75  # 1 of 60
