"""A benchmark as a section of a page."""

from __future__ import annotations

from functools import partial

from edgefer.benchmark import table as words
from edgefer.benchmark.candidate import Role
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.card import Precision
from edgefer.report import page, plots
from edgefer.report.page import Html, Section


def section(result: BenchmarkResult, title: str = "Latency, size and memory") -> Section:
    """Latency tables and figures for each batch size, sizes, accuracy against latency, and how it was measured."""
    body: list[Html] = []
    for batch in result.protocol.batches:
        body += [page.heading(f"Batch {batch}"), *_marks(result, batch), latencies(result, batch)]
    body += [page.heading("Size, memory and start"), sizes(result), *_tradeoff(result)]
    return Section(title, [*body, page.notes(list(words.notes(result)))])


def latencies(result: BenchmarkResult, batch: int) -> Html:
    """The figures of one batch size, one row a candidate, with the reason where there are none."""
    head, rows = words.latency_rows(result, batch)
    caption = f"Milliseconds of one call with {batch} face{'s' if batch > 1 else ''}"
    return page.table(caption, head, rows, left=2)


def sizes(result: BenchmarkResult) -> Html:
    """Parameters, file, memory, start-up and accuracy, one row a candidate."""
    head, rows = words.size_rows(result)
    return page.table("What each takes, and how well it labels", head, rows, left=2)


def _marks(result: BenchmarkResult, batch: int) -> list[Html]:
    marks = []
    for row in result.rows:
        cell = row.cell(batch)
        if cell is not None and cell.latency is not None:
            latency = cell.latency
            marks.append(plots.LatencyMark(_label(row), _group(row), latency.median_ms, latency.p90_ms, latency.p99_ms))
    if not marks:
        return []
    fastest = min(marks, key=lambda mark: mark.median)
    caption = (
        "Dot: median. Thick line: up to the 90th percentile. Thin line: up to the 99th, where there are enough samples. "
        f"Fastest: {fastest.label}, {words.milliseconds(fastest.median)} ms."
    )
    spoken = "; ".join(f"{mark.label} {words.milliseconds(mark.median)} ms" for mark in marks)
    return [page.figure(partial(plots.latency, marks), caption, f"Median latency at batch {batch}: {spoken}.")]


def _tradeoff(result: BenchmarkResult) -> list[Html]:
    """Accuracy against latency at the smallest batch, of rows that have both on the same faces."""
    batch = result.protocol.batches[0]
    points, places = [], []
    for row in result.rows:
        cell, measured = row.cell(batch), row.measurement
        # A quantised file's accuracy is only known when it was measured itself.
        known = measured is not None and (not row.inherited or (row.card and row.card.precision is Precision.FP32))
        if cell is not None and cell.latency is not None and measured is not None and known:
            points.append(plots.TradePoint(_label(row), _group(row), cell.latency.median_ms, measured.accuracy))
            places.append(f"{measured.dataset} {measured.split}")
    # Accuracies on different faces are not one axis.
    if len(points) < 2 or len(set(places)) > 1:
        return []
    spoken = "; ".join(
        f"{point.label} {point.accuracy:.1%}, {words.milliseconds(point.milliseconds)} ms" for point in points
    )
    caption = f"Accuracy on {places[0]} against median latency at batch {batch}. Up and to the left is better."
    return [page.heading("Accuracy against latency"), page.figure(partial(plots.tradeoff, points), caption, spoken)]


def _label(row: Row) -> str:
    return f"{row.candidate.model}, {words.runtime_text(row)}"


def _group(row: Row) -> str:
    return plots.TEACHER if row.candidate.role is Role.TEACHER else row.candidate.model
