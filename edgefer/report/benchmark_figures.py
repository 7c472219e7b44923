"""The figures of a benchmark for a page: what is drawn of a result, and the same in words."""

from __future__ import annotations

from collections import Counter
from functools import partial

from edgefer.benchmark import formats, memory_columns
from edgefer.benchmark.candidate import Role
from edgefer.benchmark.figures import Latency
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.benchmark.tables import faces
from edgefer.card import Precision
from edgefer.report import benchmark_plots as plots
from edgefer.report import page
from edgefer.report.axes import TEACHER
from edgefer.report.page import Html
from edgefer.report.pareto import TradePoint, front, tradeoff


def marks(result: BenchmarkResult) -> list[Html]:
    """Latency of every row at the first batch size; nothing when no row has any."""
    batch = result.protocol.batches[0]
    shown = [
        plots.LatencyMark(label(row), group(row), latency.median_ms, latency.p90_ms, latency.p99_ms)
        for row, latency in _measured(result, batch)
    ]
    if not shown:
        return []
    fastest = min(shown, key=lambda mark: mark.median)
    caption = (
        "Dot: median. Thick line: up to the 90th percentile. Thin line: up to the 99th, where there are enough samples. "
        f"Fastest: {fastest.label}, {formats.milliseconds(fastest.median)} ms."
    )
    spoken = "; ".join(f"{mark.label} {formats.milliseconds(mark.median)} ms" for mark in shown)
    return [page.figure(partial(plots.latency, shown), caption, f"Median latency of {faces(batch)}: {spoken}.")]


def pareto(result: BenchmarkResult) -> list[Html]:
    """Accuracy against latency, of rows that have both on the same faces; nothing when fewer than two have."""
    batch = result.protocol.batches[0]
    found = [(row, latency) for row, latency in _measured(result, batch) if _own_accuracy(row)]
    places = Counter(row.measurement.place for row, _ in found if row.measurement)
    # Accuracies on different faces are not one axis.
    place = places.most_common(1)[0][0] if places else ""
    found = [(row, latency) for row, latency in found if row.measurement and row.measurement.place == place]
    if len(found) < 2:
        return []
    method = _bubble(result, [row for row, _ in found])
    points = [
        TradePoint(
            label(row),
            group(row),
            latency.median_ms,
            row.measurement.accuracy if row.measurement else 0.0,
            memory_columns.added(row, batch, method) if method else None,
        )
        for row, latency in found
    ]
    best = front(points)
    area = f" A bubble's area is the memory that the model adds to its process ({method})." if method else ""
    caption = (
        f"Accuracy on {place} against median latency of {faces(batch)}. Up and to the left is better. Filled, on the "
        f"dashed line: no other model is as fast and as accurate.{area}"
    )
    spoken = "; ".join(
        f"{point.label} {point.accuracy:.1%}, {formats.milliseconds(point.milliseconds)} ms"
        + (f", {formats.megabytes(point.memory)} MB" if point.memory is not None else "")
        for point in points
    )
    ahead = f"Not beaten: {', '.join(point.label for point in best)}."
    return [page.figure(partial(tradeoff, points), caption, f"{spoken}. {ahead}")]


def sweep(result: BenchmarkResult) -> list[Html]:
    """Throughput by batch size; nothing for a single one."""
    lines = []
    for row in result.rows:
        rates = {cell.batch: rate for cell in row.cells if (rate := cell.faces_per_second)}
        if rates:
            lines.append(plots.SweepLine(label(row), group(row), rates))
    if not lines or len({batch for line in lines for batch in line.rates}) < 2:
        return []
    spoken = "; ".join(
        f"{line.label}: {', '.join(f'{rate:,.0f} at batch {batch}' for batch, rate in sorted(line.rates.items()))}"
        for line in lines
    )
    caption = "Faces a second against faces in a call. A line that stays level gains nothing from larger batches."
    return [page.figure(partial(plots.sweep, lines), caption, f"Faces a second. {spoken}.")]


def histograms(result: BenchmarkResult) -> list[Html]:
    """How long the calls of each row took at the first batch size; nothing where records hold no histogram."""
    batch = result.protocol.batches[0]
    rows = [
        plots.Distribution(
            label(row),
            group(row),
            latency.histogram.low_ms,
            latency.histogram.high_ms,
            latency.histogram.counts,
            latency.histogram.above,
            latency.median_ms,
        )
        for row, latency in _measured(result, batch)
        if latency.histogram is not None
    ]
    if not rows:
        return []
    caption = (
        f"Calls of {faces(batch)} by duration, each row on its own axis; the line is the median. Two hills, or a long "
        "tail, are what a single figure hides."
    )
    spoken = "; ".join(
        f"{row.label}: from {formats.milliseconds(row.low)} to {formats.milliseconds(row.high)} ms, {row.above:,} above"
        for row in rows
    )
    return [page.figure(partial(plots.histograms, rows), caption, f"Calls by duration. {spoken}.")]


def memory(result: BenchmarkResult) -> list[Html]:
    """Weights, activations and what the process grew by, at the first batch size."""
    batch = result.protocol.batches[0]
    rows = []
    for row in result.rows:
        known = {"weights": row.sizes.weights_bytes, "activations": row.sizes.activation_bytes}
        known |= {method: memory_columns.added(row, batch, method) for method in memory_columns.methods(result)}
        sizes = {name: size for name, size in known.items() if size is not None}
        if sizes:
            rows.append(plots.MemoryBars(label(row), group(row), sizes))
    if not rows:
        return []
    # Panels stand in one order, whatever the first row has.
    order = ["weights", "activations", *memory_columns.methods(result)]
    names = [name for name in order if any(name in one.sizes for one in rows)]
    caption = f"Memory at batch {batch}: {', '.join(names)}. The notes say what each counts; they do not add up."
    spoken = "; ".join(
        f"{one.label}: {', '.join(f'{name} {formats.megabytes(size)} MB' for name, size in one.sizes.items())}"
        for one in rows
    )
    return [page.figure(partial(plots.memory, rows, names), caption, f"Memory. {spoken}.")]


def label(row: Row) -> str:
    """What a row is called in figures."""
    return f"{row.candidate.model}, {formats.runtime(row)}"


def group(row: Row) -> str:
    """Rows of one model share a colour, and so do those of the teacher."""
    return TEACHER if row.candidate.role is Role.TEACHER else row.candidate.model


def _measured(result: BenchmarkResult, batch: int) -> list[tuple[Row, Latency]]:
    found = ((row, row.cell(batch)) for row in result.rows)
    return [(row, cell.latency) for row, cell in found if cell is not None and cell.latency is not None]


def _own_accuracy(row: Row) -> bool:
    """Whether the row's accuracy is its own: a quantised file's is only known when it was measured itself."""
    if row.measurement is None:
        return False
    return not row.inherited or (row.card is not None and row.card.precision is Precision.FP32)


def _bubble(result: BenchmarkResult, rows: list[Row]) -> str:
    """The memory method that all rows have; the GPU's before the host's. Empty when there is none."""
    batch = result.protocol.batches[0]
    main, *others = memory_columns.methods(result)
    for method in (*(method for method in others if not method.startswith("torch")), main):
        if all(memory_columns.added(row, batch, method) is not None for row in rows):
            return method
    return ""
