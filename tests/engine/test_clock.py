from __future__ import annotations

import pytest

from edgefer.engine import clock as clocks
from edgefer.engine.clock import Clock
from edgefer.engine.past import Compiled


@pytest.fixture
def time(monkeypatch):
    """The clock's clock, set by hand."""

    class Time:
        now = 100.0

        def monotonic(self):
            return self.now

        def at(self, seconds):
            self.now = 100.0 + seconds

    hand = Time()
    monkeypatch.setattr(clocks, "time", hand)
    return hand


LAST = Compiled(seconds=20, marks={"Building engine": 0, "Timing tactics": 4, "Serialising": 16})


def test_nothing_is_foretold_without_a_last_time(time):
    clock = Clock()
    clock.start("Building engine", None, 4)
    time.at(3)
    clock.advance("Building engine", 0)
    assert (clock.elapsed, clock.left, clock.overdue, clock.percent) == (3, None, None, 25)


def test_time_left_is_what_followed_this_phase_the_last_time(time):
    clock = Clock(LAST)
    assert clock.left == 20
    clock.start("Building engine", None, 2)
    time.at(10)
    assert clock.left == 10
    clock.start("Timing tactics", "Building engine", 5)  # began at 4 s the last time: this machine is slower today
    assert clock.left == 16
    assert clock.percent == 38  # 10 of 26 s
    time.at(13)
    clock.start("unheard of", "Timing tactics", 5)
    clock.start("Timing tactics", "Building engine", 5)  # again: no new place to count from
    assert clock.left == 13
    clock.start("Serialising", "Building engine", 1)
    assert clock.left == 4
    assert clock.phase == "Serialising"


def test_what_takes_longer_than_the_last_time_foretells_nothing_more(time):
    clock = Clock(LAST)
    clock.start("Building engine", None, 2)
    time.at(19)
    assert clock.percent == 95
    time.at(21)
    assert (clock.left, clock.overdue) == (None, 20)
    assert clock.percent == 95  # not back to the share of steps


def test_silence_is_counted_from_the_last_word(time):
    clock = Clock()
    time.at(2)
    clock.start("a", None, 2)
    time.at(9)
    assert clock.silent == 7
    clock.advance("a", 0)
    assert clock.silent == 0


def test_the_result_is_what_the_next_one_counts_from(time):
    clock = Clock()
    clock.start("Building engine", None, 2)
    time.at(3)
    clock.start("Timing tactics", "Building engine", 2)
    time.at(5)
    clock.start("Timing tactics", "Building engine", 2)
    clock.finish("Building engine")
    assert not clock.complete  # it may have failed
    time.at(6)
    clock.succeed()
    assert clock.complete
    assert clock.percent == 100
    assert clock.result() == Compiled(seconds=6, marks={"Building engine": 0, "Timing tactics": 3})


def test_a_version_that_numbers_its_phases_fills_no_file(time):
    clock = Clock()
    for number in range(1000):
        clock.start(f"phase {number}", None, 1)
    assert len(clock.result().marks) == 64
