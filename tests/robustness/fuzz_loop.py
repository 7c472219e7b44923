"""A coverage-guided fuzz in plain Python: it runs on every Python that edgefer runs on, and the same way every time.

What an input reaches is the set of steps from line to line in edgefer's own files and in the parsers of the standard
library, by `sys.settrace`. pydantic judges in compiled code that no tracer sees, so each kind of fault that it finds at
each place counts as reached too. An input that reaches something new is kept, and later inputs are made of it.
"""

from __future__ import annotations

import csv
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any

from pydantic import ValidationError

import edgefer
from edgefer.errors import EdgeferError
from edgefer.recipe import tomllib
from tests.robustness.fuzz_mutate import Mutation, mutated, of_bytes

PACKAGE = f"{Path(edgefer.__file__).parent}/"
WATCHED = (PACKAGE, f"{Path(tomllib.__file__).parent}/", str(csv.__file__))
MEMORY = 64 << 20  # bytes that one input may make this process grow by
STEPS = (100_000, 200)  # lines that may be run: for any input, and more for each of its bytes
SECONDS = 10.0  # of this process's own time, for what no line shows: C code and regular expressions
LONGEST_MESSAGE = 12_100


class TooMuch(BaseException):
    """An input took more steps, time or memory than any input may. No `except Exception` keeps it."""


@dataclass(frozen=True)
class Target:
    """A parser under fuzz.

    parse: reads an input, and raises what `Target.refusals` or an EdgeferError says of it; it asserts what must hold of
    what was read. seeds: good inputs. words: what the format is made of. kinds: ways to change an input.
    """

    name: str
    parse: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    kinds: tuple[Mutation, ...] = (of_bytes,)
    refusals: tuple[type[Exception], ...] = ()


@dataclass(frozen=True)
class Fault:
    """An input that a parser does not bear: what came out, and where."""

    what: str
    where: str
    data: bytes

    @property
    def key(self) -> tuple[str, str]:
        """The same for two inputs that show the same fault."""
        return self.what.partition(":")[0], self.where


@dataclass
class Found:
    """What a fuzz found. corpus: the inputs that reached something new. lines: (file, line) that were run."""

    executions: int = 0
    corpus: list[bytes] = field(default_factory=list)
    reached: set[Any] = field(default_factory=set)
    lines: set[tuple[str, int]] = field(default_factory=set)
    faults: dict[tuple[str, str], Fault] = field(default_factory=dict)


class Tracer:
    """The steps of one input, and all lines of all inputs so far."""

    def __init__(self) -> None:
        self.steps: set[Any] = set()
        self.lines: set[tuple[str, int]] = set()
        self.left = 0
        self._last = 0
        self._known: dict[str, bool] = {}

    @contextmanager
    def on(self, size: int) -> Iterator[None]:
        """Trace until the end of the block, which may take so many steps as an input of this size may."""
        before, self.steps, self.left, self._last = sys.gettrace(), set(), STEPS[0] + STEPS[1] * size, 0
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, _event: str, _arg: Any) -> Any:
        name = frame.f_code.co_filename
        watched = self._known.get(name)
        if watched is None:
            watched = self._known[name] = name.startswith(WATCHED)
        return self._line if watched else None

    def _line(self, frame: FrameType, event: str, _arg: Any) -> Any:
        if event == "line":
            line = frame.f_lineno
            step = (frame.f_code.co_filename, self._last, line)
            self._last = line
            if step not in self.steps:
                self.steps.add(step)
                self.lines.add((step[0], line))
            self.left -= 1
            if self.left < 0:
                raise TooMuch(f"more steps than an input of this size may take, in {frame.f_code.co_name}")
        return self._line


def fuzz(target: Target, rng: Random, goes_on: Callable[[int], bool], guided: bool = True) -> Found:
    """Run a target on its seeds and on what is made of them, as long as `goes_on` of the number of executions.

    guided: False makes all inputs of the seeds alone, as a fuzz without coverage does.
    """
    found, tracer = Found(), Tracer()
    vocabulary = {word.decode("latin1") for word in target.words}
    for data in target.seeds:
        outcome(target, data, Tracer())  # imports, and what is made once, are nobody's fault
    waiting = list(target.seeds)
    while waiting or goes_on(found.executions):
        data = waiting.pop() if waiting else _made(rng, target, found.corpus)
        fault, error = outcome(target, data, tracer)
        found.executions += 1
        reached = tracer.steps | _told(error, vocabulary)
        if fault is not None:
            found.faults.setdefault(fault.key, fault)
        if found.executions <= len(target.seeds) or (fault is None and guided and not reached <= found.reached):
            found.corpus.append(data)
        found.reached |= reached
    found.lines = tracer.lines
    return found


def outcome(target: Target, data: bytes, tracer: Tracer | None = None) -> tuple[Fault | None, Exception | None]:
    """The fault that an input shows, if any, and the error that the parser rightly raised, if any."""
    before = _resident()
    try:
        with _limited_time(), tracer.on(len(data)) if tracer else nullcontext():
            target.parse(data)
    except EdgeferError as error:
        text = str(error)
        if not text.isprintable() or len(text) > LONGEST_MESSAGE:
            return Fault(f"a message that is not one plain line: {text[:200]!r}", _place(error), data), error
        return None, error
    except target.refusals as error:
        return None, error
    except (Exception, TooMuch) as error:  # noqa: BLE001  whatever it is, it is what is looked for
        return Fault(f"{type(error).__name__}: {str(error)[:200]}", _place(error), data), None
    if (grown := _resident() - before) > MEMORY:
        return Fault(f"TooMuch: {grown >> 20} MiB of memory", target.name, data), None
    return None, None


def shrunk(target: Target, fault: Fault) -> bytes:
    """A shorter input that shows the same fault."""
    data, size = fault.data, max(1, len(fault.data) // 2)
    while size:
        at = 0
        while at < len(data):
            shorter = data[:at] + data[at + size :]
            again, _ = outcome(target, shorter)
            if again is not None and again.key == fault.key:
                data = shorter
            else:
                at += size
        size //= 2
    return data


def _made(rng: Random, target: Target, corpus: list[bytes]) -> bytes:
    """An input made of one of the corpus; of the newest more often."""
    newest = corpus[-max(4, len(corpus) // 4) :]
    return mutated(rng, rng.choice(newest if rng.randrange(2) else corpus), corpus, target.words, target.kinds)


def _told(error: BaseException | None, vocabulary: set[str]) -> set[Any]:
    """What pydantic said: kinds of faults and where, without the names that an input made up."""
    while error is not None and not isinstance(error, ValidationError):
        error = error.__cause__
    if error is None:
        return set()
    details = error.errors(include_url=False, include_input=False, include_context=False)[:20]
    known = [tuple(part if part in vocabulary else "" for part in detail["loc"]) for detail in details]
    return {("pydantic", place, detail["type"]) for place, detail in zip(known, details, strict=True)}


def _place(error: BaseException) -> str:
    """The innermost place of edgefer's in a traceback; else of whoever's."""
    frames = traceback.extract_tb(error.__traceback__)
    last = [*frames[:1], *(frame for frame in frames if frame.filename.startswith(PACKAGE))][-1]
    return f"{last.filename.removeprefix(PACKAGE)}:{last.name}"


def _resident() -> int:
    """The most memory that this process has had, bytes."""
    if sys.platform == "win32":
        return 0
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << (0 if sys.platform == "darwin" else 10)


@contextmanager
def _limited_time() -> Iterator[None]:
    """TooMuch after `SECONDS` of this process's own time."""
    if sys.platform == "win32":
        yield
        return

    def too_long(_number: int, frame: FrameType | None) -> None:
        raise TooMuch(f"{SECONDS} s, in {frame.f_code.co_name if frame else '?'}")

    before = signal.signal(signal.SIGVTALRM, too_long)
    signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
