"""The paper's Table V and ours, for a terminal, as Markdown and as a page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from textwrap import fill

from edgefer.benchmark import notes, table_v
from edgefer.benchmark.columns import as_text
from edgefer.benchmark.formats import milliseconds, runtime
from edgefer.benchmark.paper import CITATION, CONTRADICTIONS, NOT_STATED, TEACHER
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.table import WIDTH
from edgefer.paths import write_text
from edgefer.report import benchmark as benchmark_page
from edgefer.report import benchmark_markdown, benchmark_plots, markdown, page
from edgefer.report.axes import TEACHER as FIRST_COLOUR
from edgefer.report.page import Html, Section

TITLE = "Table V, measured again"
# Heading and items of what is to be said about the paper.
_LISTS = (("What the paper does not state", NOT_STATED), ("Where its figures contradict each other, or physics", CONTRADICTIONS))  # fmt: skip


def render(result: BenchmarkResult, where: str) -> str:
    """As text. where: what the record is called if it holds none of the networks."""
    table = table_v.table(result, where)
    parts = [as_text(table, WIDTH), _wrapped(table.says, "note: ")]
    parts += [f"{title}\n{_wrapped(items, '- ')}" for title, items in _LISTS]
    parts += [_wrapped((*_method(result), f"paper: {CITATION}"), "note: ")]
    return "\n\n".join(parts)


def render_markdown(result: BenchmarkResult, where: str) -> str:
    """As Markdown."""
    table = table_v.table(result, where)
    parts = [f"# {TITLE}", markdown.escape(f"{table.title}."), benchmark_markdown.table(table)]
    parts += [markdown.bullets(table.says)]
    for title, items in _LISTS:
        parts += [f"## {title}", markdown.bullets(items)]
    parts += ["## How it was measured", markdown.bullets([*_method(result), f"paper: {CITATION}"])]
    return "\n\n".join(parts) + "\n"


def write(folder: Path, result: BenchmarkResult, where: str) -> list[Path]:
    """Write page, Markdown, JSON and the record that it is made from into a folder; returns their places."""
    texts = {
        "table-v.html": page.render(
            TITLE, f"{CITATION}; and the same networks measured here.", sections(result, where)
        ),
        "table-v.md": render_markdown(result, where),
        "table-v.json": json.dumps(table_v.record(result, where), indent=2) + "\n",
        benchmark_page.RECORD: result.to_json() + "\n",
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    return [folder / name for name in texts]


def sections(result: BenchmarkResult, where: str) -> list[Section]:
    """The table, the latencies as a figure, and both lists."""
    table = table_v.table(result, where)
    return [
        Section("Theirs and ours", [benchmark_page.table(table), page.notes(table.says), *_figure(result, where)]),
        *(Section(title, [page.notes(items)]) for title, items in _LISTS),
        Section("How it was measured", [page.notes(list(_method(result)))]),
    ]


def _figure(result: BenchmarkResult, where: str) -> list[Html]:
    """Latency of the paper's rows and of ours on one axis."""
    marks = []
    for line in table_v.lines(result, where):
        published, row = line.published, line.row
        # Rows of one network share a colour, whoever measured it.
        group = FIRST_COLOUR if published.architecture == TEACHER else published.name
        if row is None:
            marks += [
                benchmark_plots.LatencyMark(f"{published.name}, {table_v.PAPER}", group, value, value)
                for value in published.milliseconds
            ]
            continue
        cell = row.cell(result.protocol.batches[0])
        if cell is not None and cell.latency is not None:
            found = cell.latency
            label = f"{published.name}, {runtime(row)}"
            marks.append(benchmark_plots.LatencyMark(label, group, found.median_ms, found.p90_ms, found.p99_ms))
    spoken = "; ".join(f"{mark.label} {milliseconds(mark.median)} ms" for mark in marks)
    caption = "Milliseconds a call: the paper's, whose batch size nobody knows, and ours with one face."
    return [page.figure(partial(benchmark_plots.latency, marks), caption, f"Milliseconds a call. {spoken}.")]


def _method(result: BenchmarkResult) -> Iterator[str]:
    yield from notes.method(result)
    yield from notes.doubts(result)
    yield from notes.remarks(result)


def _wrapped(items: tuple[str, ...], before: str) -> str:
    return "\n".join(
        fill(
            f"{before}{one}", WIDTH, subsequent_indent=" " * len(before), break_long_words=False, break_on_hyphens=False
        )
        for one in items
    )
