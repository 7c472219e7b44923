"""A benchmark as a section of another page, and as a page, a Markdown file and a record of its own."""

from __future__ import annotations

from pathlib import Path

from edgefer.benchmark import machine_words, notes
from edgefer.benchmark import tables as parts
from edgefer.benchmark.columns import Table
from edgefer.benchmark.result import BenchmarkResult
from edgefer.paths import write_text
from edgefer.report import benchmark_figures as figures
from edgefer.report import benchmark_markdown, page
from edgefer.report.page import Html, Section

RECORD, PAGE, MARKDOWN = "benchmark.json", "benchmark.html", "benchmark.md"


def write(folder: Path, result: BenchmarkResult) -> list[Path]:
    """Write record, page and Markdown into a folder, each atomically; returns their places."""
    write_text(folder / RECORD, result.to_json() + "\n")
    page.write_page(folder / PAGE, "Benchmark", lead(result), sections(result))
    write_text(folder / MARKDOWN, benchmark_markdown.render(result))
    return [folder / name for name in (RECORD, PAGE, MARKDOWN)]


def lead(result: BenchmarkResult) -> str:
    """Where, when and on what."""
    machine = result.environment
    return f"Measured on {machine.cpu} on {machine.date[:10]} with faces from {result.faces}."


def sections(result: BenchmarkResult) -> list[Section]:
    """Verdicts and the trade-off first, then each question with its figure, then the machine and the protocol."""
    shown = parts.tables(result)
    wanted = [
        Section("Verdicts", [page.text(one) for one in notes.verdicts(result)]),
        Section("Accuracy against latency", figures.pareto(result)),
        Section(
            "Latency",
            [
                *figures.marks(result),
                table(parts.latency(result)),
                *_tables(parts.ratios(result)),
                *_tables(parts.parts(result)),
                *figures.histograms(result),
            ],
        ),
        Section("Throughput", [*figures.sweep(result), *_tables(parts.throughput(result))]),
        Section(
            "Size and memory",
            [*figures.memory(result), *_tables(parts.sizes(result)), *_tables(parts.memory(result))],
        ),
        Section("Accuracy", _tables(parts.quality(result))),
        Section("Start", _tables(parts.start(result))),
        Section("Energy", _tables(parts.energy(result))),
        Section(
            "Machine and protocol",
            [
                page.table("The machine", ["", "value"], _machine(result), left=2),
                *_tables(parts.setup(result)),
                page.notes(notes.notes(result, shown)),
            ],
        ),
    ]
    return [section for section in wanted if section.body]


def section(result: BenchmarkResult, title: str = "Latency, size and memory") -> Section:
    """All of it under one heading of a page about more than a benchmark."""
    shown = parts.tables(result)
    tradeoff = figures.pareto(result)
    body = [*(page.text(one) for one in notes.verdicts(result)), *figures.marks(result)]
    body += [table(one) for one in shown]
    if tradeoff:
        body += [page.heading("Accuracy against latency"), *tradeoff]
    return Section(title, [*body, page.notes(notes.notes(result, shown))])


def table(found: Table) -> Html:
    """A table of the terminal as one of a page."""
    return page.table(found.title, found.head, found.rows, left=found.left)


def _tables(found: Table | None) -> list[Html]:
    return [] if found is None else [table(found)]


def _machine(result: BenchmarkResult) -> list[list[str]]:
    return [[name, value] for name, value in machine_words.machine(result.environment)]
