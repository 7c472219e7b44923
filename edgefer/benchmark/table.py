"""A benchmark as plain text for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.figures import UNSTABLE, Cell, Latency, Speedup
from edgefer.benchmark.result import MEMORY_METHOD, BenchmarkResult, Row
from edgefer.table import text_table

NOTHING = "-"
Table = tuple[list[str], list[list[str]]]


def render_table(result: BenchmarkResult) -> str:
    """One latency table a batch size, one table of sizes and start-up, then what a reader must know."""
    parts = [f"batch {batch}\n{text_table(*latency_rows(result, batch), left=2)}" for batch in result.protocol.batches]
    parts += [text_table(*size_rows(result), left=2), "\n".join(notes(result))]
    return "\n\n".join(parts)


def notes(result: BenchmarkResult) -> Iterator[str]:
    """How it was measured, and what is doubtful about it; one sentence or two each."""
    machine = result.environment
    threads = ", ".join(map(str, sorted({row.candidate.threads for row in result.rows})))
    yield f"{machine.cpu}, {machine.cores} cores, {threads} CPU thread(s) a row; GPU: {machine.gpu}; {machine.date}"
    yield (
        f"{result.protocol.rounds} interleaved rounds, at least {result.protocol.latency.calls} calls and "
        f"{result.protocol.latency.seconds:g} s a cell at batch {result.protocol.batches[0]}, each row in a process of its own; "
        f"input: {result.faces}; times are from pixels in memory to logits in memory"
    )
    yield (
        f"RAM: {MEMORY_METHOD} of the process, warm minus idle with the runtime imported; "
        "import, load, first: importing the runtime, opening the file, the first answer"
    )
    cells = [cell for row in result.rows for cell in row.cells]
    latencies = [cell.latency for cell in cells if cell.latency is not None]
    if any(cell.speedups for cell in cells):
        yield "vs: how many times faster than that teacher, median over rounds (95 % bootstrap interval)"
    if any(latency.unstable for latency in latencies):
        yield f"~ unstable: the medians of its rounds vary by more than {UNSTABLE:.1%}"
    if any(latency.p99_ms is None for latency in latencies):
        yield f"p99 {NOTHING}: fewer than 100 samples"
    if taken := sorted({row.measurement.backend for row in result.rows if row.measurement and row.inherited}):
        yield f"* measured in {', '.join(taken)} on the network that this file was made from, not on the file itself"
    if any(row.measurement is not None and row.measurement == row.as_compiled for row in result.rows):
        yield "accuracy of engines: of the very ONNX files that were compiled, in ONNX Runtime"
    if machine.busy():
        yield (
            f"other processes kept {machine.other_work:.1f} of {machine.cores_of_machine} cores busy meanwhile: "
            "measure again on an idle machine"
        )
    remarks = [(row.candidate.note, row.name) for row in result.rows]
    remarks += [(cell.note, row.name) for row in result.rows for cell in row.cells]
    for remark in dict.fromkeys(remark for remark, _ in remarks if remark):
        yield f"{'; '.join(dict.fromkeys(name for other, name in remarks if other == remark))}: {remark}"


def speedup_names(result: BenchmarkResult) -> list[str]:
    """Teachers that rows are compared with, in the order of the rows."""
    used = {one.over for row in result.rows for cell in row.cells for one in cell.speedups}
    return [row.name for row in result.rows if row.candidate.role is Role.TEACHER and row.name in used]


def teacher_head(result: BenchmarkResult, name: str) -> str:
    """The head of a column of speed-ups: the teacher's framework, or its whole name where that is not enough."""
    frameworks = {row.name: row.candidate.runtime.rsplit(" ", 1)[0] for row in result.rows}
    same = [other for other in speedup_names(result) if frameworks[other] == frameworks[name]]
    return f"vs {frameworks[name]} teacher" if len(same) == 1 else f"vs {name}"


def speedup_text(one: Speedup | None) -> str:
    """`12.3x (11.9-12.8)`."""
    if one is None:
        return NOTHING
    digits = 2 if one.value < 10 else 1 if one.value < 100 else 0
    text = f"{one.value:.{digits}f}x"
    if one.low is None or one.high is None:
        return text
    return f"{text} ({one.low:.{digits}f}-{one.high:.{digits}f})"


def milliseconds(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return NOTHING
    return f"{value:.{3 if value < 1 else 2 if value < 100 else 0}f}"


def megabytes(size: int | None) -> str:
    """MB of 10^6 bytes."""
    return NOTHING if size is None else f"{size / 1e6:.{2 if size < 10e6 else 0}f}"


def runtime_text(row: Row) -> str:
    """The runtime, and the device where it is not the CPU."""
    return f"{row.candidate.runtime} on GPU" if row.backend.endswith("cuda") else row.candidate.runtime


def latency_rows(result: BenchmarkResult, batch: int) -> Table:
    """Head and rows of one batch size; a row without figures ends in its reason."""
    teachers = speedup_names(result)
    vs = [teacher_head(result, name) for name in teachers]
    head = ["model", "runtime", "median ms", "min", "p90", "p99", "faces/s", *vs]
    lines = []
    for row in result.rows:
        cell = row.cell(batch)
        start = [row.candidate.model, runtime_text(row)]
        if cell is None or cell.latency is None:
            lines.append([*start, cell.why if cell else row.why])
        else:
            lines.append([*start, *_figures(cell, cell.latency), *_speedups(cell, teachers, row.name)])
    return head, lines


def _figures(cell: Cell, latency: Latency) -> list[str]:
    mark = " ~" if latency.unstable else ""
    return [
        milliseconds(latency.median_ms) + mark,
        milliseconds(latency.min_ms),
        milliseconds(latency.p90_ms),
        milliseconds(latency.p99_ms),
        f"{cell.faces_per_second:,.0f}",
    ]


def _speedups(cell: Cell, teachers: list[str], name: str) -> list[str]:
    by_name = {one.over: one for one in cell.speedups}
    return ["1x" if teacher == name else speedup_text(by_name.get(teacher)) for teacher in teachers]


def size_rows(result: BenchmarkResult) -> Table:
    """Head and rows of what each candidate takes, and how well it labels."""
    head = ["model", "runtime", "parameters", "file MB"]
    head += [f"RAM MB b{batch}" for batch in result.protocol.batches]
    sources = {_source(row) for row in result.rows if row.measurement}
    head += ["import s", "load s", "first ms", f"accuracy, {sources.copy().pop()}" if len(sources) == 1 else "accuracy"]
    lines = []
    for row in result.rows:
        start = row.start
        lines.append(
            [
                row.candidate.model,
                runtime_text(row),
                f"{row.card.parameters:,}" if row.card else NOTHING,
                megabytes(row.file_bytes),
                *(megabytes(row.memory_delta(batch)) for batch in result.protocol.batches),
                f"{start.import_s:.2f}" if start else NOTHING,
                f"{start.load_s:.2f}" if start else NOTHING,
                milliseconds(1000 * start.first_s) if start else NOTHING,
                _accuracy(row, named=len(sources) > 1),
            ]
        )
    return head, lines


def _accuracy(row: Row, named: bool) -> str:
    """The card's accuracy, with where it was measured unless the head says it."""
    if row.measurement is None:
        return NOTHING
    return f"{row.measurement.accuracy:.1%}" + (" *" if row.inherited else "") + (f" {_source(row)}" if named else "")


def _source(row: Row) -> str:
    return f"{row.measurement.dataset} {row.measurement.split}" if row.measurement else ""
