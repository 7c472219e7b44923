from __future__ import annotations

import pytest

from edgefer.benchmark.effort import done, ended, share
from edgefer.benchmark.protocol import Effort

MS = 1_000_000
WANTED = Effort(calls=200, seconds=3.0, tight=0.01, limit_s=10.0)


def calls(count, milliseconds):
    return [int(milliseconds * MS)] * count


def test_visits_share_what_is_missing():
    first = share(WANTED, [], 5)
    assert (first.calls, first.seconds, first.limit) == (40, 0.6, 2.0)
    # 60 calls of 10 ms: 140 calls and 2.4 s are missing for 4 visits.
    second = share(WANTED, [calls(60, 10)], 4)
    assert (second.calls, second.seconds, second.limit) == (35, pytest.approx(0.6), pytest.approx(2.35))


def test_a_visit_is_at_least_one_call():
    late = share(WANTED, [calls(300, 50)], 1)
    assert (late.calls, late.seconds, late.limit) == (1, 0.0, 0.0)


def test_done_needs_both_calls_and_seconds():
    assert done(WANTED, [calls(200, 10)]) == ""
    assert done(WANTED, [calls(100, 30)]) == ""
    assert done(WANTED, [calls(200, 15)]) == "200 calls and 3 s"


def test_a_tight_interval_ends_it_after_three_rounds_and_not_before():
    steady = [calls(50, 10), calls(50, 10.02), calls(50, 10.05)]
    assert done(WANTED, steady[:2]) == ""
    assert done(WANTED, steady) == "the interval is tight: 0.3% of the median"
    assert done(WANTED, [calls(50, 10), calls(50, 10.02), calls(50, 10.2)]) == ""


def test_the_limit_ends_it():
    assert done(WANTED, [calls(10, 500), calls(10, 520)]) == "the limit of 10 s"


def test_why_it_ended_is_said_when_the_visits_are_over():
    # Visits return early only where their share of the limit is over.
    assert ended(WANTED, [calls(10, 400), calls(10, 500)]) == "the limit of 10 s"
    # The loop's own time is in no sample: 2.9 s of calls are 3 s of measuring.
    assert ended(WANTED, [calls(290, 5), calls(290, 5)]) == "200 calls and 3 s"


def test_calls_that_take_no_time_are_never_called_tight():
    assert done(WANTED, [calls(5, 0)] * 4) == ""
