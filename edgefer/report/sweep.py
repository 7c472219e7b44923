"""A sweep as a table in the terminal and as a page with the confusion matrix of every cell."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgefer.pipeline.sweep import CellResult
from edgefer.report import page
from edgefer.report.evaluation import matrix
from edgefer.report.page import Section
from edgefer.sweep import Sweep
from edgefer.table import text_table

HEAD = ["cell", "student", "alpha", "T", "alone %", "distilled %", "gain", "macro F1", "published %", "ours - theirs"]


def rows(results: Sequence[CellResult]) -> list[list[str]]:
    """One line a cell; points and per cent."""
    return [
        [
            result.name,
            result.student,
            "-" if result.alpha is None else f"{result.alpha:g}",
            "-" if result.temperature is None else f"{result.temperature:g}",
            f"{100 * result.alone:.2f}",
            f"{100 * result.accuracy:.2f}",
            f"{100 * result.gain:+.2f}",
            f"{100 * result.macro_f1:.1f}",
            "-" if result.published is None else f"{100 * result.published:.2f}",
            "-" if result.published is None else f"{100 * (result.accuracy - result.published):+.2f}",
        ]
        for result in results
    ]


def text(sweep: Sweep, results: Sequence[CellResult]) -> str:
    """The table, and what its figures are measured on."""
    return f"{text_table(HEAD, rows(results))}\n\n{_words(sweep, results)}"


def markdown(sweep: Sweep, results: Sequence[CellResult]) -> str:
    """The same as Markdown."""
    lines = [HEAD, ["---"] * len(HEAD), *rows(results)]
    table = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    return f"# {sweep.name}\n\n{sweep.summary}\n\n{table}\n\n{_words(sweep, results)}\n"


def write_page(path: Path, sweep: Sweep, results: Sequence[CellResult]) -> None:
    """The same as a page, with a confusion matrix a cell."""
    table = page.table(_words(sweep, results), HEAD, rows(results))
    cells = [Section(f"{result.name}: {result.student}", [matrix(result.evaluation)]) for result in results]
    page.write_page(path, f"Sweep {sweep.name}", sweep.summary, [Section("All cells", [table]), *cells])


def _words(sweep: Sweep, results: Sequence[CellResult]) -> str:
    measured = ", ".join(dict.fromkeys(f"{result.faces:,} faces of {result.split}" for result in results))
    theirs = f"; published: {sweep.source}" if any(result.published is not None for result in results) else ""
    return f"Measured on {measured}, single crop, at the epoch that is best there{theirs}."
