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

HEAD = ["cell", "student", "alpha", "T", "alone %", "accuracy %", "gain", "macro F1", "published %", "ours - theirs"]


def rows(results: Sequence[CellResult]) -> list[list[str]]:
    """One line a cell; points and per cent, a dash for what a cell does not have."""
    return [
        [
            result.name,
            result.student,
            _value(result.alpha, "g"),
            _value(result.temperature, "g"),
            _percent(result.alone),
            _percent(result.accuracy),
            _percent(result.gain, "+.2f"),
            _percent(result.macro_f1, ".1f"),
            _percent(result.published),
            _percent(None if result.published is None else result.accuracy - result.published, "+.2f"),
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


def _value(value: float | None, form: str) -> str:
    return "-" if value is None else format(value, form)


def _percent(value: float | None, form: str = ".2f") -> str:
    return _value(None if value is None else 100 * value, form)
