"""The interleaved suite: every candidate in a process of its own, one at a time, round after round.

All processes stay resident, so that a round visits every candidate within seconds and what changes on the machine
(clocks, heat, other work) meets all rows alike. Every second round runs backwards, which cancels a steady drift.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from edgefer.benchmark import machine_state
from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.environment import record
from edgefer.benchmark.figures import Cell, Latency, Start
from edgefer.benchmark.interference import Meter
from edgefer.benchmark.process import Worker
from edgefer.benchmark.protocol import DEFAULT, Protocol
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.benchmark.summary import speedup, summarise
from edgefer.card import ModelCard
from edgefer.console import Step
from edgefer.errors import BackendError, UsageError

# Seconds after which a silent process is given up, beside the time it was asked to measure.
_OPEN_LIMIT, _CALL_LIMIT = 300.0, 120.0


@dataclass
class _Entry:
    """A row in the making. failed: why a batch size has no figures. samples: rounds of nanoseconds."""

    candidate: Candidate
    why: str = ""
    worker: Worker | None = None
    about: Row | None = None
    memory: dict[int, dict[str, int]] = field(default_factory=dict)
    failed: dict[int, str] = field(default_factory=dict)
    samples: dict[int, list[list[int]]] = field(default_factory=dict)


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
    entries = [_Entry(candidate, candidate.why) for candidate in candidates]
    tick = step or _silent
    with tempfile.TemporaryDirectory(prefix="edgefer-benchmark-") as place, _ending(entries):
        for number, entry in enumerate(entries):
            folder = Path(place) / str(number)
            folder.mkdir()
            _start(entry, faces, folder, protocol.batches, max(protocol.warm_s, 0.2))
            tick(1, f"opened {entry.candidate.name}")
        for number in range(protocol.rounds):
            for batch in protocol.batches:
                for entry in entries if number % 2 == 0 else reversed(entries):
                    _measure(entry, batch, protocol)
                    tick(1, f"round {number + 1} of {protocol.rounds}, batch {batch}")
            during.append(machine_state.read())
        other_work = meter.cores(entry.worker.pid for entry in entries if entry.worker is not None)
    return BenchmarkResult(
        protocol=protocol,
        faces=faces_name or faces.name,
        environment=record(before, other_work, during),
        rows=_rows(entries, protocol.batches),
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
def _ending(entries: list[_Entry]) -> Iterator[None]:
    """End every process whatever happens, Ctrl-C included."""
    try:
        yield
    finally:
        for entry in entries:
            if entry.worker is not None:
                entry.worker.close()


def _start(entry: _Entry, faces: Path, folder: Path, batches: Sequence[int], warm: float) -> None:
    """Open a candidate, and warm it up and read its memory at every batch size, smallest first."""
    if entry.why:
        return
    try:
        entry.worker = Worker(entry.candidate, folder)
        about = entry.worker.open(faces, _OPEN_LIMIT)
    except BackendError as error:
        _give_up(entry, str(error))
        return
    entry.about = Row(
        candidate=entry.candidate,
        backend=about["backend"],
        card=ModelCard.model_validate(about["card"]),
        start=Start(**{f"{name}_s": value for name, value in about["seconds"].items()}),
        idle=about["idle"],
    )
    for batch in batches:
        _warm_up(entry, entry.worker, batch, warm)


def _warm_up(entry: _Entry, worker: Worker, batch: int, seconds: float) -> None:
    try:
        entry.memory[batch] = worker.warm_up(batch, seconds, _CALL_LIMIT)
    except BackendError as error:
        entry.failed[batch] = str(error)


def _measure(entry: _Entry, batch: int, protocol: Protocol) -> None:
    if entry.worker is None or batch in entry.failed:
        return
    try:
        effort = protocol.effort(batch)
        seconds, calls = effort.seconds / protocol.rounds, -(-effort.calls // protocol.rounds)
        samples = entry.worker.measure(batch, protocol.warm_s, seconds, calls, _CALL_LIMIT)
        entry.samples.setdefault(batch, []).append(samples)
    except BackendError as error:
        entry.failed[batch] = str(error)


def _give_up(entry: _Entry, why: str) -> None:
    entry.why = why
    if entry.worker is not None:
        entry.worker.close()
        entry.worker = None


def _rows(entries: Sequence[_Entry], batches: Sequence[int]) -> tuple[Row, ...]:
    """Finished rows, each compared with every teacher that ran at the same batch size."""
    latencies: dict[tuple[str, int], Latency] = {
        (entry.candidate.name, batch): summarise(entry.samples[batch])
        for entry in entries
        for batch in batches
        if batch in entry.samples and batch not in entry.failed
    }
    teachers = [entry.candidate.name for entry in entries if entry.candidate.role is Role.TEACHER]

    def cell(entry: _Entry, batch: int) -> Cell:
        latency = latencies.get((entry.candidate.name, batch))
        if latency is None:
            return Cell(batch=batch, why=entry.failed.get(batch, "was not measured"))
        others = [name for name in teachers if name != entry.candidate.name and (name, batch) in latencies]
        speedups = tuple(speedup(name, latencies[name, batch], latency) for name in others)
        return Cell(
            batch=batch,
            note=_split(entry.about, batch),
            latency=latency,
            memory=entry.memory.get(batch, {}),
            speedups=speedups,
        )

    rows = []
    for entry in entries:
        row = entry.about or Row(candidate=entry.candidate, why=entry.why or "was not measured")
        rows.append(
            row.model_copy(
                update={
                    "card": row.card or entry.candidate.card,
                    "file_bytes": _file_bytes(entry.candidate),
                    "cells": tuple(cell(entry, batch) for batch in batches) if entry.about else (),
                }
            )
        )
    return tuple(rows)


def _split(row: Row | None, batch: int) -> str:
    """Sessions cut a batch to what an engine was built for; a reader must know."""
    largest = row.card.engine.batch[2] if row and row.card and row.card.engine else batch
    return f"batch {batch} runs as {-(-batch // largest)} calls of at most {largest}" if largest < batch else ""


def _file_bytes(candidate: Candidate) -> int | None:
    path = Path(candidate.target)
    return path.stat().st_size if candidate.kind is not Kind.FACTORY and path.is_file() else None
