"""A benchmark as plain text for a terminal."""

from __future__ import annotations

from textwrap import fill

from edgefer.benchmark import notes
from edgefer.benchmark.columns import as_text
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.tables import tables

# Signs a line; tables that are wider go on below.
WIDTH = 140


def render_table(result: BenchmarkResult) -> str:
    """The tables, each a question; then the verdicts; then how it was measured and what the heads mean."""
    shown = tables(result)
    parts = [as_text(table, WIDTH) for table in shown]
    if result.verdicts:
        parts.append(_lines("verdict", notes.verdicts(result)))
    parts.append(_lines("note", notes.notes(result, shown)))
    return "\n\n".join(parts)


def _lines(kind: str, sentences: list[str]) -> str:
    """A line a sentence, its kind before it; long ones go on indented."""
    indent = " " * (len(kind) + 2)
    return "\n".join(
        fill(f"{kind}: {one}", WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
        for one in sentences
    )
