"""A short fuzz of every parser, the same every time, and the inputs that longer ones found (`scripts/fuzz.py`)."""

from __future__ import annotations

from random import Random

import pytest

from edgefer.errors import DataError
from tests.robustness.fuzz_inputs import INPUTS
from tests.robustness.fuzz_loop import Target, fuzz, outcome, shrunk
from tests.robustness.fuzz_targets import targets

EXECUTIONS = 150


@pytest.mark.parametrize("name", targets())
def test_a_parser_returns_or_refuses(name: str):
    found = fuzz(targets()[name], Random(name), lambda done: done < EXECUTIONS)
    assert found.executions >= EXECUTIONS
    assert [(fault.what, fault.where, fault.data[:500]) for fault in found.faults.values()] == []
    assert len(found.corpus) >= len(targets()[name].seeds)


@pytest.mark.parametrize("name", targets())
def test_a_seed_is_read(name: str):
    """The first seed is a whole one: a fuzz whose seeds are refused at the door finds little."""
    target = targets()[name]
    assert outcome(target, target.seeds[0]) == (None, None)


@pytest.mark.parametrize(("name", "what", "data"), INPUTS)
def test_what_once_went_wrong_does_not_again(name: str, what: str, data: bytes):
    assert outcome(targets()[name], data)[0] is None


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr("tests.robustness.fuzz_loop.WATCHED", (__file__,))


def test_coverage_leads_to_a_fault_that_chance_does_not_find(watched):
    """Four bytes, one of 256 each, of which only the guide knows that it has the first three."""
    step = Target("nested", stepwise, (b"xxxx",))
    found = fuzz(step, Random(0), lambda done: done < 20_000)
    (fault,) = found.faults.values()
    assert fault.what.startswith("KeyError")
    assert shrunk(step, fault) == b"FUZZ"
    assert not fuzz(step, Random(0), lambda done: done < 20_000, guided=False).faults


def stepwise(data: bytes) -> None:
    if data[:1] != b"F":
        raise DataError("byte 0")
    if data[1:2] != b"U":
        raise DataError("byte 1")
    if data[2:3] != b"Z":
        raise DataError("byte 2")
    if data[3:4] != b"Z":
        raise DataError("byte 3")
    raise KeyError("deep")


def endless(data: bytes) -> None:
    while data:
        pass


def garbled(data: bytes) -> None:
    error = DataError("x")
    error.args = ("two\nlines",)
    raise error


def wrong(data: bytes) -> None:
    assert not data, "what was read is not what was written"


@pytest.mark.parametrize(
    ("parse", "what"),
    [
        (endless, "TooMuch"),
        (garbled, "a message that is not one plain line"),
        (wrong, "AssertionError"),
    ],
)
def test_each_kind_of_fault_is_one(watched, parse, what):
    found = fuzz(Target("x", parse, (b"x",)), Random(0), lambda done: done < 3)
    assert [fault.what.partition(":")[0] for fault in found.faults.values()] == [what]


def test_memory_has_a_limit(monkeypatch):
    sizes = iter((0, 100 << 20))
    monkeypatch.setattr("tests.robustness.fuzz_loop._resident", lambda: next(sizes))
    fault, _ = outcome(Target("x", len, (b"x",)), b"x")
    assert fault is not None
    assert fault.what == "TooMuch: 100 MiB of memory"


def test_the_same_fuzz_twice_is_the_same():
    first, second = (fuzz(targets()["classes"], Random(7), lambda done: done < 200) for _ in range(2))
    assert (first.corpus, first.lines) == (second.corpus, second.lines)
