"""The interleaved suite: every candidate in a process of its own, one at a time, round after round.

All processes stay resident, so that a round visits every candidate within seconds and what changes on the machine
(clocks, heat, other work) meets all rows alike. Every second round runs backwards, which cancels a steady drift.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from edgefer.benchmark import machine_state
from edgefer.benchmark.candidate import Candidate, Role
from edgefer.benchmark.entry import Entry
from edgefer.benchmark.environment import record
from edgefer.benchmark.figures import Cell, Latency
from edgefer.benchmark.interference import Meter
from edgefer.benchmark.protocol import DEFAULT, Protocol
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.benchmark.summary import speedup
from edgefer.console import Step
from edgefer.errors import UsageError

# The first warm-up of a batch size, in which memory is read, lasts at least this many seconds.
_FIRST_WARM = 0.2


def steps(candidates: Sequence[Candidate], protocol: Protocol) -> int:
    """How many times `run_suite` calls its `step`."""
    return len(candidates) * (1 + protocol.rounds * len(protocol.batches))


def run_suite(
    candidates: Sequence[Candidate],
    faces: Path,
    protocol: Protocol = DEFAULT,
    *,
    faces_name: str = "",
    step: Step | None = None,
) -> BenchmarkResult:
    """Measure every candidate at every batch size of the protocol.

    faces: a .npy of uint8 faces `[N, H, W]` or `[N, H, W, 3]`, N at least 1; all candidates get the same first ones,
    repeated when a batch is larger. A candidate that cannot run keeps its row, with the reason.
    Raises UsageError when the candidates share names or there is none.
    """
    _check(candidates)
    before, meter = machine_state.read(), Meter()
    during = []
    entries = [Entry(candidate, candidate.why) for candidate in candidates]
    tick = step or _silent
    with tempfile.TemporaryDirectory(prefix="edgefer-benchmark-") as place, _ending(entries):
        for number, entry in enumerate(entries):
            folder = Path(place) / str(number)
            folder.mkdir()
            entry.start(faces, folder, protocol.batches, max(protocol.warm_s, _FIRST_WARM))
            tick(1, f"opened {entry.candidate.name}")
        for number in range(protocol.rounds):
            for batch in protocol.batches:
                for entry in entries if number % 2 == 0 else reversed(entries):
                    entry.visit(batch, protocol, protocol.rounds - number)
                    tick(1, f"round {number + 1} of {protocol.rounds}, batch {batch}")
            during.append(machine_state.read())
        # Energy last, since it needs rest before each row, which would let clocks fall in the rounds.
        for entry in entries:
            for batch in protocol.batches:
                entry.finish(batch, protocol)
        other_work = meter.cores(entry.worker.pid for entry in entries if entry.worker is not None)
    return BenchmarkResult(
        protocol=protocol,
        faces=faces_name or faces.name,
        environment=record(before, other_work, during),
        rows=_rows(entries, protocol),
    )


def _silent(_advance: int, _note: str) -> None:
    """The step of a suite that shows no progress."""


def _check(candidates: Sequence[Candidate]) -> None:
    names = [candidate.name for candidate in candidates]
    if not names:
        raise UsageError("nothing to measure", "name a checkpoint, an ONNX file, an engine or a folder of them")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"two rows are called '{twice[0]}'", "name each model once")


@contextlib.contextmanager
def _ending(entries: list[Entry]) -> Iterator[None]:
    """End every process whatever happens, Ctrl-C included."""
    try:
        yield
    finally:
        for entry in entries:
            entry.close()


def _rows(entries: Sequence[Entry], protocol: Protocol) -> tuple[Row, ...]:
    """Finished rows, each compared with every teacher that ran at the same batch size."""
    latencies = {
        (entry.candidate.name, batch): latency
        for entry in entries
        for batch in protocol.batches
        if (latency := entry.latency(batch, protocol)) is not None
    }
    teachers = [entry.candidate.name for entry in entries if entry.candidate.role is Role.TEACHER]
    rows = []
    for entry in entries:
        row = entry.about or Row(candidate=entry.candidate, why=entry.why or "was not measured")
        cells = tuple(_cell(entry, batch, latencies, teachers) for batch in protocol.batches) if entry.about else ()
        changes = {"card": row.card or entry.candidate.card, "file_bytes": entry.file_bytes, "cells": cells}
        rows.append(row.model_copy(update=changes))
    return tuple(rows)


def _cell(entry: Entry, batch: int, latencies: dict[tuple[str, int], Latency], teachers: Sequence[str]) -> Cell:
    name = entry.candidate.name
    latency = latencies.get((name, batch))
    if latency is None:
        return Cell(batch=batch, why=entry.failed.get(batch, "was not measured"))
    others = [one for one in teachers if one != name and (one, batch) in latencies]
    return Cell(
        batch=batch,
        note=_split(entry.about, batch),
        latency=latency,
        parts=entry.parts(batch),
        energy=entry.energy.get(batch),
        memory=entry.memory.get(batch, {}),
        speedups=tuple(speedup(one, latencies[one, batch], latency) for one in others),
    )


def _split(row: Row | None, batch: int) -> str:
    """Sessions cut a batch to what an engine was built for; a reader must know."""
    largest = row.card.engine.batch[2] if row and row.card and row.card.engine else batch
    return f"batch {batch} runs as {-(-batch // largest)} calls of at most {largest}" if largest < batch else ""
