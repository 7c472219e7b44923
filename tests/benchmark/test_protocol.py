from __future__ import annotations

import pytest

from edgefer.benchmark.protocol import DEFAULT, parse_sweep, protocol_for
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


@pytest.mark.parametrize(
    ("text", "sizes"),
    [("1:64", (1, 2, 4, 8, 16, 32, 64)), ("1:48", (1, 2, 4, 8, 16, 32, 48)), ("3:3", (3,)), ("1:1", (1,))],
)
def test_a_sweep_doubles_from_its_first_size_to_its_last(text, sizes):
    assert parse_sweep(text) == sizes


@pytest.mark.parametrize("text", ["", "64", "1:2:4", "a:b", "0:4", "8:4"])
def test_what_is_no_sweep_is_refused(text):
    with pytest.raises(UsageError, match="sweep"):
        parse_sweep(text)
