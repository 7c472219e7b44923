from __future__ import annotations

import pytest

from edgefer.benchmark.protocol import DEFAULT, protocol_for
from edgefer.errors import UsageError


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"batches": ()}, "batch sizes"),
        ({"batches": (0, 1)}, "batch sizes"),
        ({"rounds": 0}, "round"),
        ({"seconds": 0}, "round"),
        ({"calls": 0}, "round"),
        ({"warm_s": -1}, "round"),
    ],
)
def test_what_makes_no_sense_is_refused(options, says):
    with pytest.raises(UsageError, match=says):
        protocol_for(**options)


def test_the_smallest_batch_has_the_effort_of_a_latency_whatever_the_order():
    made = protocol_for((8, 1, 8))
    assert made.batches == (1, 8)
    assert made.effort(1) == DEFAULT.latency
    assert made.effort(8) == DEFAULT.sweep


def test_a_shorter_latency_shortens_the_sweep_and_a_longer_one_does_not_lengthen_it():
    third, longer = protocol_for(seconds=1.0), protocol_for(seconds=30.0, calls=5000)
    assert (third.latency.seconds, third.sweep.seconds) == (1.0, pytest.approx(DEFAULT.sweep.seconds / 3))
    assert longer.sweep == DEFAULT.sweep
    assert (longer.latency.seconds, longer.latency.calls) == (30.0, 5000)
