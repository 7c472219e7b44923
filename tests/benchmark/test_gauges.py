from __future__ import annotations

import threading
import time

import pytest

from edgefer.benchmark.gauges import Counter, CounterGauge, PowerGauge, joules_of
from edgefer.benchmark.nvml import Unavailable


def counter(*readings, wraps_at=None):
    values = iter(readings)
    return Counter(lambda: next(values), wraps_at)


def test_counters_are_summed_and_each_may_wrap_once():
    gauge = CounterGauge("x", "y", [counter(990.0, 20.0, wraps_at=1000.0), counter(5.0, 12.0)])
    gauge.start()
    assert gauge.stop() == 30 + 7


def test_a_counter_that_cannot_wrap_must_not_fall():
    gauge = CounterGauge("NVML", "y", [counter(990.0, 20.0)])
    gauge.start()
    with pytest.raises(Unavailable, match="NVML ran backwards"):
        gauge.stop()


def test_power_is_summed_by_trapezoids_however_far_apart_its_samples_are():
    assert joules_of([(0.0, 10.0), (1.0, 10.0), (1.5, 50.0), (4.0, 50.0)]) == 10 + 15 + 125
    assert joules_of([(3.0, 10.0)]) == 0


def test_a_meter_is_read_again_and_again_in_each_window():
    readings = []
    gauge = PowerGauge("x", "y", lambda: readings.append(1) or 40.0, period_s=0.005)
    for _ in range(2):
        readings.clear()
        outer = time.monotonic()
        gauge.start()
        begin = time.monotonic()
        while len(readings) < 5:
            time.sleep(0.005)
        inner = time.monotonic() - begin
        joules = gauge.stop()
        assert 40 * inner <= joules <= 40 * (time.monotonic() - outer)


def test_a_meter_that_failed_for_a_moment_says_so_and_leaves_no_thread():
    """What it draws in that moment is not known, though it answers again at the end."""
    answers = iter([10.0, None])

    def watts():
        if next(answers, 10.0) is None:
            raise Unavailable("the meter was gone")
        return 10.0

    gauge = PowerGauge("x", "y", watts, period_s=0.001)
    gauge.start()
    gauge._thread.join(30)
    with pytest.raises(Unavailable, match="the meter was gone"):
        gauge.stop()
    assert "edgefer-power" not in {thread.name for thread in threading.enumerate()}
