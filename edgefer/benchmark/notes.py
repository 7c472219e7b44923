"""What a reader of a benchmark must know: how it was measured, what its heads mean, and what is doubtful."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from edgefer.benchmark import tables as parts
from edgefer.benchmark.columns import Table
from edgefer.benchmark.figures import UNSTABLE, VerdictKind
from edgefer.benchmark.formats import NOTHING
from edgefer.benchmark.result import BenchmarkResult, Row


def verdicts(result: BenchmarkResult) -> list[str]:
    """The judgements as sentences."""
    return [_sentence(verdict.text) for verdict in result.verdicts]


def notes(result: BenchmarkResult, tables: Sequence[Table]) -> list[str]:
    """How it was measured, then the heads of these tables, then doubts and remarks; one sentence or two each."""
    heads = dict.fromkeys(says for table in tables for says in table.says)
    return [*method(result), *heads, *marks(result), *doubts(result), *remarks(result)]


def method(result: BenchmarkResult) -> Iterator[str]:
    """The machine and the protocol."""
    machine, how = result.environment, result.protocol
    first = how.latency
    setup = parts.common_setup(result)
    yield (
        f"{machine.cpu}, {machine.cores} of {machine.cores_of_machine} cores; GPU: {machine.gpu}; {machine.date}"
        + (f"; every row: {setup}" if setup else "")
    )
    yield (
        f"{how.rounds} interleaved rounds, {first.calls} calls and {first.seconds:g} s a row at batch {how.batches[0]} "
        f"(fewer once the interval is within {first.tight:.0%} of the median), each row in a process of its own; "
        f"input: {result.faces}; times are from pixels in memory to logits in memory"
    )
    if any(cell.memory for row in result.rows for cell in row.cells):
        yield "memory: warm, less what was there once the runtime was imported, before the model was opened"


def doubts(result: BenchmarkResult) -> Iterator[str]:
    """Rounds that disagree, and a machine that had other things to do."""
    machine = result.environment
    latencies = [cell.latency for row in result.rows for cell in row.cells if cell.latency is not None]
    if any(latency.unstable for latency in latencies):
        yield f"~ unstable: the medians of its rounds vary by more than {UNSTABLE:.1%}"
    # A verdict above the notes says so already.
    if machine.busy() and not any(verdict.kind is VerdictKind.BUSY for verdict in result.verdicts):
        yield (
            f"other processes kept {machine.other_work:.1f} of {machine.cores_of_machine} cores busy meanwhile: "
            "measure again on an idle machine"
        )


def marks(result: BenchmarkResult) -> Iterator[str]:
    """What stands for something in the tables: missing percentiles, accuracies of other files, how energy was counted."""
    batch = result.protocol.batches[0]
    cells = [row.cell(batch) for row in result.rows]
    if any(cell is not None and cell.latency is not None and cell.latency.p99_ms is None for cell in cells):
        yield f"p99 {NOTHING}: fewer than 100 samples"
    if any(row.inherited for row in result.rows):
        yield "* measured on the network that this file was made from, not on the file itself"
    if any(row.measurement is not None and row.measurement == row.as_compiled for row in result.rows):
        yield "before compiling: accuracy of the very ONNX file that the engine was compiled from"
    missing = [cell.energy.why for row in result.rows for cell in row.cells if cell.energy and cell.energy.why]
    yield from (f"no energy: {why}" for why in dict.fromkeys(missing))
    counted = [cell.energy for row in result.rows for cell in row.cells if cell.energy and cell.energy.method]
    yield from dict.fromkeys(f"energy: {', '.join(filter(None, (one.method, one.scope)))}" for one in counted)


def remarks(result: BenchmarkResult) -> Iterator[str]:
    """What is to be known of single rows, each remark once with the rows that it is about; rows that are not here."""
    found = [(remark, row) for row in result.rows for remark in row.candidate.note.split("; ")]
    found += [(cell.note, row) for row in result.rows for cell in row.cells]
    for remark in dict.fromkeys(remark for remark, _ in found if remark):
        yield f"{_names(result, [row for other, row in found if other == remark])}: {remark}"
    yield from (f"not run: {'; '.join(names)}: {why}" for why, names in parts.alike(result).items())
    yield from (f"left out: {reason}" for reason in result.left_out)


def _names(result: BenchmarkResult, about: Sequence[Row]) -> str:
    """Names of rows, or of a model where all of its rows are meant."""
    names = {row.name for row in about}
    short: dict[str, None] = {}
    for row in about:
        whole = all(other.name in names for other in result.rows if other.candidate.model == row.candidate.model)
        short[row.candidate.model if whole else row.name] = None
    return "; ".join(short)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else f"{text}."
