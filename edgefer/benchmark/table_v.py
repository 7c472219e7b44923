"""The paper's Table V again: its figures, and under them what this machine measured for the same networks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgefer.benchmark import formats, memory_columns
from edgefer.benchmark.columns import Table
from edgefer.benchmark.figures import Latency, Speedup
from edgefer.benchmark.formats import NOTHING
from edgefer.benchmark.paper import CITATION, CONTRADICTIONS, NOT_STATED, ROWS, TEACHER, Published
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.errors import ArtifactError
from edgefer.evaluate.words import percent

HEAD = [
    "network", "measured by", "parameters", "ms", "x teacher, paper / here", "size MiB", "memory MB", "accuracy %",
]  # fmt: skip
PAPER = "the paper"
SPEECH = (
    "ms: of one call with 1 face here, median with its 95 % interval; the paper's on FER2013 / RAF-DB, or on one of them",
    "x teacher: how many times as fast as ResEmoteNet; here in the same runtime, by the paper against the faster of "
    "its teacher's two times",
    "size: the file here; memory: what the open model adds to its process here, by the method in brackets",
    "parameters: here with one grey channel of input in place of three; exports hold fewer, since over half of them meet "
    "only padding at 64x64 and are cut out exactly",
    "accuracy: the paper's on FER2013 / RAF-DB, of B and C the best of its Table IV; here only of weights that were trained "
    "and measured",
    f"{NOTHING} in a line of the paper: a figure that it does not have, or that was not at hand",
)


@dataclass(frozen=True)
class Line:
    """One network as one side has it: the paper (`row` is None) or a row of a record."""

    published: Published
    row: Row | None = None


def lines(result: BenchmarkResult, where: str) -> list[Line]:
    """Each network of the table by the paper, then by each row of the record that holds it.

    Raises ArtifactError when the record, called `where`, has none of them.
    """
    found = [
        line
        for published in ROWS
        for line in (Line(published), *(Line(published, row) for row in result.rows if _is(row, published)))
    ]
    if all(line.row is None for line in found):
        raise ArtifactError(
            f"{where} holds no row of ResEmoteNet or Mini-ResEmoteNet",
            "write one with: edgefer benchmark mini-resemotenet-a mini-resemotenet-b mini-resemotenet-c --out DIR",
        )
    return found


def cells(line: Line, result: BenchmarkResult) -> list[str]:
    """A line of the table, under `HEAD`; one without a time ends in the reason."""
    published, row = line.published, line.row
    if row is None:
        return [
            published.name,
            PAPER,
            f"{published.parameters:,}",
            _both(published.milliseconds, "g"),
            "1x" if published.architecture == TEACHER else formats.times(published.times),
            NOTHING if published.size_mb is None else f"{published.size_mb:.2f}",
            _both(published.memory_mb, ",.2f"),
            _both(published.accuracy, ".2f"),
        ]
    start = [published.name, formats.runtime(row), f"{row.card.parameters:,}" if row.card else NOTHING]
    latency = _latency(row, result)
    if latency is None:
        cell = row.cell(result.protocol.batches[0])
        return [*start, row.why or (cell.why if cell else "")]
    return [
        *start,
        formats.median(latency),
        _ratio(published, ratio(row, result)),
        NOTHING if row.file_bytes is None else f"{row.file_bytes / 2**20:.2f}",
        _memory(row, result),
        percent(row.measurement.accuracy) if row.measurement else NOTHING,
    ]


def ratio(row: Row, result: BenchmarkResult) -> Speedup | None:
    """How many times as fast as the teacher in the same runtime the row is; None without such a teacher.

    The record's own ratio with its interval where it has one, else that of the medians.
    """
    latency = _latency(row, result)
    teachers = [one for one in result.rows if _architecture(one) == TEACHER and _way(one) == _way(row)]
    if latency is None or not teachers:
        return None
    batch = result.protocol.batches[0]
    names = {one.name for one in teachers}
    if row.name in names:
        return None
    cell = row.cell(batch)
    for one in cell.speedups if cell else ():
        if one.over in names:
            return one
    other = _latency(teachers[0], result)
    if other is None:
        return None
    return Speedup(over=teachers[0].name, value=other.median_ms / latency.median_ms, low=None, high=None)


def table(result: BenchmarkResult, where: str) -> Table:
    """All lines of the table; `where` as of `lines`."""
    date = result.environment.date[:10]
    title = f"Table V of arXiv 2501.18538, and the same networks on {result.environment.cpu} on {date}"
    return Table(title, HEAD, [cells(line, result) for line in lines(result, where)], says=SPEECH)


def record(result: BenchmarkResult, where: str) -> dict[str, Any]:
    """The table as plain values for JSON: the paper's figures, ours by network, and both lists."""
    return {
        "schema": 1,
        "paper": CITATION,
        "machine": {"cpu": result.environment.cpu, "gpu": result.environment.gpu, "date": result.environment.date},
        "networks": [_network(published, lines(result, where), result) for published in ROWS],
        "not_stated": list(NOT_STATED),
        "contradictions": list(CONTRADICTIONS),
    }


def _network(published: Published, found: Sequence[Line], result: BenchmarkResult) -> dict[str, Any]:
    measured = [line.row for line in found if line.row is not None and line.published is published]
    return {
        "name": published.name,
        "architecture": published.architecture,
        "published": {
            "parameters": published.parameters,
            "milliseconds": list(published.milliseconds),
            "memory_mb": list(published.memory_mb),
            "size_mib": published.size_mb,
            "accuracy_percent": list(published.accuracy),
            "times_teacher": published.times,
        },
        "measured": [_measured(row, result) for row in measured],
    }


def _measured(row: Row, result: BenchmarkResult) -> dict[str, Any]:
    latency, times = _latency(row, result), ratio(row, result)
    cell = row.cell(result.protocol.batches[0])
    return {
        "row": row.name,
        "why": row.why or (cell.why if cell else ""),
        "parameters": row.card.parameters if row.card else None,
        "milliseconds": latency.median_ms if latency else None,
        "low_ms": latency.low_ms if latency else None,
        "high_ms": latency.high_ms if latency else None,
        "times_teacher": times.model_dump() if times else None,
        "file_bytes": row.file_bytes,
        "memory": memory(row, result),
        "accuracy": row.measurement.accuracy if row.measurement else None,
    }


def memory(row: Row, result: BenchmarkResult) -> dict[str, int]:
    """Bytes that the model added to its process at the first batch size, by method."""
    batch = result.protocol.batches[0]
    known = {method: memory_columns.added(row, batch, method) for method in memory_columns.methods(result)}
    return {method: size for method, size in known.items() if size is not None}


def _memory(row: Row, result: BenchmarkResult) -> str:
    """What PyTorch's tensors took where that is known, as the paper most likely counted; else the GPU's or the RAM."""
    known = memory(row, result)
    for method in ("torch allocated", *reversed(known)):
        if method in known:
            return f"{formats.megabytes(known[method])} ({method})"
    return NOTHING


def _ratio(published: Published, ours: Speedup | None) -> str:
    if published.architecture == TEACHER:
        return "1x" if ours is None else formats.speedup(ours)
    return f"{formats.times(published.times)} / {formats.speedup(ours)}"


def _both(values: Sequence[float], form: str) -> str:
    return " / ".join(format(value, form) for value in values) or NOTHING


def _latency(row: Row, result: BenchmarkResult) -> Latency | None:
    cell = row.cell(result.protocol.batches[0])
    return cell.latency if cell is not None else None


def _is(row: Row, published: Published) -> bool:
    return _architecture(row) == published.architecture


def _architecture(row: Row) -> str:
    card = row.card or row.candidate.card
    return card.architecture if card is not None else row.candidate.model


def _way(row: Row) -> tuple[object, ...]:
    """What must be the same for two rows to differ in their network alone."""
    setup = row.setup
    return row.candidate.runtime, row.candidate.threads, setup.device if setup else ""
