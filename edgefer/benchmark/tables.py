"""The tables of a benchmark, one question each, for every form of output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from edgefer.benchmark import formats, memory_columns
from edgefer.benchmark.columns import Column, Table, fill
from edgefer.benchmark.figures import Cell, Setup, Spread, Start
from edgefer.benchmark.formats import NOTHING
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.evaluate.words import percent

NAMES = (Column("model", lambda row: row.candidate.model), Column("runtime", formats.runtime))


def tables(result: BenchmarkResult) -> list[Table]:
    """All that have a figure, in the order in which they are read."""
    found = [
        latency(result),
        ratios(result),
        parts(result),
        throughput(result),
        sizes(result),
        memory(result),
        quality(result),
        start(result),
        energy(result),
        setup(result),
    ]
    return [table for table in found if table is not None]


def faces(batch: int) -> str:
    """`1 face`, `32 faces`."""
    return f"{batch} face{'' if batch == 1 else 's'}"


def latency(result: BenchmarkResult) -> Table:
    """Milliseconds at the first batch size; every row, or its reason where no other row has the same."""
    batch = result.protocol.batches[0]

    def spread(text: Callable[[Spread], str], row: Row) -> str:
        cell = row.cell(batch)
        return NOTHING if cell is None or cell.latency is None else text(cell.latency)

    def middle(row: Row) -> str:
        cell = row.cell(batch)
        return NOTHING if cell is None or cell.latency is None else formats.median(cell.latency)

    one_of = "p90, p95, p99: the time that 90, 95 and 99 of 100 calls stay below"
    says = "median: half of the calls are faster"
    if any(_interval(row.cell(batch)) for row in result.rows):
        says += "; in brackets: 95 % interval over the rounds"
    columns = [
        Column("median", middle, says),
        Column("min", partial(spread, lambda found: formats.milliseconds(found.min_ms))),
        Column("p90", partial(spread, lambda found: formats.milliseconds(found.p90_ms)), one_of),
        Column("p95", partial(spread, lambda found: formats.milliseconds(found.p95_ms))),
        Column("p99", partial(spread, lambda found: formats.milliseconds(found.p99_ms))),
    ]
    title = f"Latency of one call with {faces(batch)}, milliseconds"
    told = alike(result)
    found = fill(title, NAMES, columns, result.rows, lambda row: "" if row.why in told else reason(batch, row))
    if found is None:
        head = [column.head for column in (*NAMES, columns[0])]
        found = Table(title, head, [[*_name(row), reason(batch, row)] for row in result.rows])
    return found


def alike(result: BenchmarkResult) -> dict[str, list[str]]:
    """Why several rows did not run, with their names: a line for all of them, below the tables; none where nothing ran."""
    if not any(cell.latency for row in result.rows for cell in row.cells):
        return {}
    names: dict[str, list[str]] = {}
    for row in result.rows:
        if row.why:
            names.setdefault(row.why, []).append(row.name)
    return {why: found for why, found in names.items() if len(found) > 1}


def ratios(result: BenchmarkResult) -> Table | None:
    """How many times as fast as the teachers each row is, at the first batch size."""
    batch = result.protocol.batches[0]

    def ratio(teacher: str, row: Row) -> str:
        cell = row.cell(batch)
        if cell is None or cell.latency is None:
            return NOTHING
        if teacher == row.name:
            return "1x"
        return formats.speedup(next((one for one in cell.speedups if one.over == teacher), None))

    says = "times as fast: median over rounds of the teacher's latency over the row's (95 % bootstrap interval)"
    columns = [
        Column(formats.teacher_head(result, name), partial(ratio, name), says) for name in formats.speedup_names(result)
    ]
    return fill(f"Times as fast as the teacher with {faces(batch)}", NAMES, columns, result.rows)


def reason(batch: int, row: Row) -> str:
    """Why a row has no figures at a batch size."""
    cell = row.cell(batch)
    return row.why or (cell.why if cell is not None else "")


def parts(result: BenchmarkResult) -> Table | None:
    """Where a call's time goes on a GPU; medians at the first batch size."""
    batch = result.protocol.batches[0]

    def median(part: str, row: Row) -> str:
        cell = row.cell(batch)
        if cell is None or cell.parts is None:
            return NOTHING
        return formats.milliseconds(getattr(cell.parts, part).median_ms)

    def together(row: Row) -> str:
        cell = row.cell(batch)
        whole = None if cell is None or cell.parts is None else cell.parts.latency
        return NOTHING if whole is None else formats.milliseconds(whole.median_ms)

    columns = [
        Column("H2D", partial(median, "h2d"), "H2D, D2H: pixels to the GPU (host to device), logits back"),
        Column("GPU compute", partial(median, "compute"), "GPU compute: the network alone, between two CUDA events"),
        Column("D2H", partial(median, "d2h")),
        Column("together", together, "together: H2D, GPU compute and D2H of each call, which trtexec calls Latency"),
        Column(
            "enqueue", partial(median, "enqueue"), "enqueue: the time the CPU takes to hand the GPU the network's work"
        ),
    ]
    return fill(f"Parts of a call with {faces(batch)} on the GPU, median milliseconds", NAMES, columns, result.rows)


def throughput(result: BenchmarkResult) -> Table | None:
    """Faces a second at every batch size."""

    def rate(batch: int, row: Row) -> str:
        cell = row.cell(batch)
        if cell is None or cell.latency is None or cell.faces_per_second is None:
            return NOTHING
        return formats.rate(cell.faces_per_second) + (" ~" if cell.latency.unstable else "")

    columns = [
        Column(f"batch {batch}", partial(rate, batch), "batch: how many faces one call holds")
        for batch in result.protocol.batches
    ]
    return fill("Throughput, faces a second", NAMES, columns, result.rows)


def sizes(result: BenchmarkResult) -> Table | None:
    """Parameters, file, and what a runtime says that the model takes."""
    columns = [
        Column("parameters", lambda row: f"{row.card.parameters:,}" if row.card else NOTHING),
        Column("file", lambda row: formats.megabytes(row.file_bytes)),
        Column(
            "weights",
            lambda row: formats.megabytes(row.sizes.weights_bytes),
            "weights: parameters and buffers as the runtime holds them",
        ),
        Column(
            "activations",
            lambda row: formats.megabytes(row.sizes.activation_bytes),
            "activations: what one call needs besides weights, input and output",
        ),
    ]
    return fill("Size, MB (10^6 bytes)", NAMES, columns, result.rows)


def memory(result: BenchmarkResult) -> Table | None:
    """What the open, warm model added to its process, by method."""
    title = "Memory that the open model adds to its process, MB (10^6 bytes)"
    return fill(title, NAMES, memory_columns.columns(result), result.rows)


def quality(result: BenchmarkResult) -> Table | None:
    """Accuracy and the emotion that is found least often, with where they were measured."""
    columns = [
        Column("accuracy %", lambda row: percent(row.measurement.accuracy) if row.measurement else NOTHING),
        Column(
            "worst emotion %",
            _worst,
            "worst emotion: the one that is found least often, and the share of its faces that are found (recall)",
        ),
        Column("measured on", lambda row: row.measurement.place if row.measurement else NOTHING),
        Column("measured in", _measured_in),
    ]
    return fill("How well each labels", NAMES, columns, result.rows)


def start(result: BenchmarkResult) -> Table | None:
    """From the order to start a process to its first answer."""

    def part(value: Callable[[Start], str], row: Row) -> str:
        return NOTHING if row.start is None else value(row.start)

    columns = [
        Column(
            "process",
            partial(part, lambda one: formats.seconds(one.process_s)),
            "process: until the interpreter runs our code",
        ),
        Column("import", partial(part, lambda one: formats.seconds(one.import_s)), "import: the runtime's libraries"),
        Column("load", partial(part, lambda one: formats.seconds(one.load_s)), "load: opening the file"),
        Column(
            "of it compiling",
            partial(part, lambda one: formats.seconds(one.compile_s)),
            "of it compiling: the part of load in which code was made for this machine (JIT)",
        ),
        Column("first answer", partial(part, lambda one: formats.seconds(one.first_s))),
        Column(
            "total", partial(part, lambda one: formats.seconds(one.total_s)), "total: process to first answer, in order"
        ),
    ]
    return fill("Cold start, seconds (files in the page cache)", NAMES, columns, result.rows)


def energy(result: BenchmarkResult) -> Table | None:
    """Millijoules a face at each batch size, and the draw, where the machine counts it."""

    def millijoules(batch: int, net: bool, row: Row) -> str:
        cell = row.cell(batch)
        if cell is None or cell.energy is None:
            return NOTHING
        value = cell.energy.net_joules_per_face if net else cell.energy.joules_per_face
        return NOTHING if value is None else f"{1000 * value:.3g}"

    def watts(row: Row) -> str:
        known = [cell.energy.watts for cell in row.cells if cell.energy and cell.energy.watts is not None]
        return f"{max(known):.1f}" if known else NOTHING

    columns = []
    for batch in result.protocol.batches:
        columns += [
            Column(f"mJ, batch {batch}", partial(millijoules, batch, False), "mJ: millijoules, all that was drawn"),
            Column(
                f"above idle, batch {batch}",
                partial(millijoules, batch, True),
                "above idle: less what the same hardware draws at rest",
            ),
        ]
    columns.append(Column("most W", watts, "most W: the highest mean draw of any batch size, watts"))
    return fill("Energy a face", NAMES, columns, result.rows)


_SETUP: Sequence[tuple[str, Callable[[Setup], str], str]] = (
    ("device", lambda one: one.device, ""),
    ("threads", lambda one: str(one.threads), "threads: CPU threads of the runtime"),
    ("CUDA graph", lambda one: _yes(one.cuda_graph), "CUDA graph: whether calls replay a recorded queue of kernels"),
    ("transfers", lambda one: _yes(one.transfers), "transfers: whether latency holds copies to and from the GPU"),
    ("spin", lambda one: _yes(one.spin_wait), "spin: whether the CPU waits for the GPU without sleeping"),
    ("compiled", lambda one: _yes(one.compiled), "compiled: by torch.compile"),
)


def setup(result: BenchmarkResult) -> Table | None:
    """How rows were run, where they differ."""

    def shown(value: Callable[[Setup], str], row: Row) -> str:
        return NOTHING if row.setup is None else value(row.setup)

    columns = [
        Column(head, partial(shown, value), says)
        for head, value, says in _SETUP
        if len({value(row.setup) for row in result.rows if row.setup is not None}) > 1
    ]
    return fill("How each was run", NAMES, columns, result.rows)


def common_setup(result: BenchmarkResult) -> str:
    """What all rows have in common of how they were run, such as `device cpu, threads 2`; empty where nothing ran."""
    known = [row.setup for row in result.rows if row.setup is not None]
    said = []
    for head, value, _ in _SETUP:
        values = {value(one) for one in known}
        if len(values) == 1 and (head in {"device", "threads"} or values == {"yes"}):
            said.append(f"{head} {values.pop()}")
    return ", ".join(said)


def _worst(row: Row) -> str:
    found = row.worst_emotion
    return NOTHING if found is None else f"{found[0]} {percent(found[1])}"


def _measured_in(row: Row) -> str:
    """The runtime in which the accuracy was measured, and whether it is that of the file itself."""
    if row.measurement is None:
        return NOTHING
    own = row.measurement == row.as_compiled
    return row.measurement.backend + (" *" if row.inherited else ", before compiling" if own else "")


def _name(row: Row) -> list[str]:
    return [column.cell(row) for column in NAMES]


def _interval(cell: Cell | None) -> bool:
    return cell is not None and cell.latency is not None and cell.latency.low_ms is not None


def _yes(value: bool) -> str:
    return "yes" if value else "no"
