"""What all scripts share: their options, turns of two sides, what is printed and written at the end."""

from __future__ import annotations

import argparse
import contextlib
import io
import logging
import multiprocessing
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, TypeVar

import _record
import numpy as np
from _record import Ratio, Record

from edgefer.benchmark import environment, machine_state
from edgefer.benchmark.interference import Meter
from edgefer.benchmark.machine_state import MachineState
from edgefer.errors import EdgeferError

Figure = TypeVar("Figure")


def parser(doc: str) -> argparse.ArgumentParser:
    """With `--write` and `--json`, and a script's docstring as its help."""
    made = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    made.add_argument("--write", action="store_true", help="add a dated record to docs/benchmarks")
    made.add_argument("--json", action="store_true", help="print the record as JSON instead")
    return made


@dataclass
class Run:
    """A script at work: what it has printed and found so far."""

    script: str
    about: str
    command: str
    commit: str
    options: argparse.Namespace
    begun: float = field(default_factory=time.monotonic)
    before: MachineState = field(default_factory=machine_state.read)
    meter: Meter = field(default_factory=Meter)
    output: list[str] = field(default_factory=list)
    ratios: list[Ratio] = field(default_factory=list)

    def say(self, text: str) -> None:
        """Print lines, and keep them for the record."""
        self.output += text.splitlines()
        if not self.options.json:
            print(text, flush=True)

    def found(self, *ratios: Ratio) -> None:
        """Print ratios in a line each, and keep them."""
        for ratio in ratios:
            self.ratios.append(ratio)
            bound = f", {'' if ratio.kept else 'not '}{ratio.bounds}" if ratio.bounds else ""
            figures = f"{ratio.ours:.4g} over {ratio.plain:.4g} {ratio.unit}"
            self.say(f"ratio: {ratio.name}: {ratio.text} over {ratio.rounds} rounds, {figures}{bound}")

    def record(self) -> Record:
        """All of it, with the machine."""
        here = environment.record(self.before, self.meter.cores(()))
        return Record(
            script=self.script,
            about=self.about,
            command=self.command,
            date=here.date,
            commit=self.commit,
            cpu=here.cpu,
            cores=here.cores,
            cores_of_machine=here.cores_of_machine,
            gpu=here.gpu,
            python=here.python,
            libraries=here.libraries,
            load=here.load,
            other_work=here.other_work,
            seconds=round(time.monotonic() - self.begun, 1),
            ratios=tuple(self.ratios),
            output=tuple(self.output),
        )


def begin(file: str, options: argparse.Namespace, arguments: Sequence[str] | None, doc: str) -> Run:
    """Call it before anything is measured. file: the script's `__file__`; arguments: as its parser got them."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    about = doc.partition("\n")[0]
    command = " ".join((f"python benchmarks/{Path(file).name}", *_record.without_paths(typed)))
    try:
        # Asked now: a record that cannot be made is no news for after minutes of measuring.
        commit = _record.commit() if options.write or options.json else ""
    except EdgeferError as error:
        raise SystemExit(f"error: {error}") from None
    return Run(Path(file).stem, about, command, commit, options)


def finish(run: Run) -> None:
    """Print the record where JSON was asked for, and write it where that was."""
    if not (run.options.json or run.options.write):
        return
    try:
        record = run.record()
        if run.options.json:
            print(record.model_dump_json(indent=2))
        if run.options.write:
            _record.write(record)
    except EdgeferError as error:
        raise SystemExit(f"error: {error}") from None


def in_turn(sides: Mapping[str, Callable[[], Figure]], rounds: int, warm: int = 1) -> dict[str, list[Figure]]:
    """What each side gives in each of `rounds`, after `warm` rounds that do not count.

    Every second round runs backwards, so that a steady drift of the machine meets the sides alike.
    """
    found: dict[str, list[Figure]] = {name: [] for name in sides}
    for round_ in range(warm + rounds):
        names = list(sides) if round_ % 2 == 0 else list(sides)[::-1]
        for name in names:
            value = sides[name]()
            if round_ >= warm:
                found[name].append(value)
    return found


def seconds(call: Callable[[], object]) -> float:
    """How long one call takes by the clock."""
    start = time.perf_counter()
    call()
    return time.perf_counter() - start


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Keep what libraries print and warn of away from what a script prints."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def ratio(
    name: str,
    ours: Sequence[float],
    plain: Sequence[float],
    unit: str,
    better: Literal["small", "large"] = "small",
    limit: float | None = None,
    budget: float | None = None,
) -> Ratio:
    """Of two sides that were measured in the same rounds; see `Ratio`."""
    by_round = [mine / other for mine, other in zip(ours, plain, strict=True)]
    low, high = np.quantile(by_round, (0.1, 0.9))
    return Ratio(
        name=name,
        value=statistics.median(by_round),
        low=float(low),
        high=float(high),
        rounds=len(by_round),
        ours=statistics.median(ours),
        plain=statistics.median(plain),
        unit=unit,
        better=better,
        limit=limit,
        budget=budget,
    )


def fresh(work: Callable[..., Any], *arguments: object) -> Any:
    """What `work`, a function of a module, returns in a process of its own."""
    context = multiprocessing.get_context("spawn")
    answers = context.SimpleQueue()
    process = context.Process(target=_answer, args=(work, arguments, answers))
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(f"error: {work.__name__} failed")
    return answers.get()


def _answer(work: Callable[..., Any], arguments: tuple[object, ...], answers: Any) -> None:
    answers.put(work(*arguments))
