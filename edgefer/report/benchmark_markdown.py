"""A benchmark as Markdown: a page that can be committed beside the code that it is about."""

from __future__ import annotations

from edgefer.benchmark import machine_words, notes
from edgefer.benchmark.columns import Table
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.tables import tables
from edgefer.report import markdown


def render(result: BenchmarkResult) -> str:
    """Verdicts, every table, the machine with its libraries, and the notes."""
    machine, shown = result.environment, tables(result)
    parts = [
        f"# Benchmark of {machine.date[:10]}",
        markdown.escape(f"On {machine.cpu} with faces from {result.faces}."),
    ]
    if result.verdicts:
        parts += ["## Verdicts", markdown.bullets(notes.verdicts(result))]
    for one in shown:
        parts += [f"## {markdown.escape(one.title)}", table(one)]
    parts += ["## Machine", markdown.table(["", "value"], _machine(result), left=2)]
    parts += ["## Notes", markdown.bullets(notes.notes(result, shown))]
    return "\n\n".join(parts) + "\n"


def table(found: Table) -> str:
    """A table of the terminal; a row without figures has its reason in the first column of figures."""
    full = [[*row, *[""] * (len(found.head) - len(row))] for row in found.rows]
    return markdown.table(found.head, full, left=found.left)


def _machine(result: BenchmarkResult) -> list[list[str]]:
    return [[name, value] for name, value in machine_words.machine(result.environment)]
