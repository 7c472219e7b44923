from __future__ import annotations

import gc
import statistics
import time

import pytest

from edgefer.benchmark import timing


def test_a_sleep_is_measured_as_long_as_it_is():
    samples = timing.measure(lambda: time.sleep(0.02), seconds=0.2)
    assert 0.016 < statistics.median(samples) / 1e9 < 0.024
    assert 5 <= len(samples) <= 11


def test_a_slow_call_is_still_made_often_enough():
    assert len(timing.measure(lambda: time.sleep(0.01), seconds=0.001, at_least=4)) == 4


def test_nothing_is_called_after_the_limit_but_once_it_is():
    assert len(timing.measure(lambda: time.sleep(0.01), seconds=1, at_least=1000, limit=0.035)) <= 4
    assert len(timing.measure(lambda: time.sleep(0.01), seconds=1, at_least=1000, limit=0)) == 1


def test_a_sleep_is_reported_as_long_as_the_sleeper_itself_finds_it():
    """A sleep takes longer than it was asked for, so the sleeper's own clock is what counts."""
    own = []

    def sleep():
        begin = time.perf_counter_ns()
        time.sleep(0.005)
        own.append(time.perf_counter_ns() - begin)

    reported = timing.measure(sleep, seconds=0.2)
    assert statistics.median(reported) == pytest.approx(statistics.median(own), rel=0.02)


def test_the_collector_is_off_only_while_measuring():
    seen = []
    timing.measure(lambda: seen.append(gc.isenabled()), seconds=0.001)
    assert not any(seen)
    assert gc.isenabled()


def test_the_collector_is_on_again_after_a_failing_call():
    def fail():
        raise ValueError

    try:
        timing.measure(fail, 0.01)
    except ValueError:
        assert gc.isenabled()


def test_warm_up_calls_at_least_once_and_until_its_time_is_over():
    assert timing.warm_up(lambda: None, 0) == 1
    begin = time.perf_counter()
    assert timing.warm_up(lambda: time.sleep(0.005), 0.03) >= 2
    assert time.perf_counter() - begin >= 0.03
