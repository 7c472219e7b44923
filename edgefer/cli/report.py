"""`edgefer report`: what was measured, set against what others printed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from edgefer.benchmark.result import BenchmarkResult

TABLE_V = "table-v"


def report(
    what: Annotated[
        str, typer.Argument(metavar="WHAT", help="table-v: the Mini-ResEmoteNet paper's Table V, measured again.")
    ],
    record: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A benchmark.json to take the figures from; default measures them now."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Measure 3 rounds of 0.5 s: factors, not percents.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Print Markdown instead of text.")] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write table-v.html, .md, .json and the record there.")
    ] = None,
    json: Json = False,
) -> None:
    """Print the paper's table with what this machine measures beside it, and what the paper leaves open."""
    if what != TABLE_V:
        raise UsageError(f"there is no report '{what}'", f"did you mean '{TABLE_V}'?")
    if markdown and json:
        raise UsageError("--markdown and --json both say what is printed", "leave one of them out")
    if record is not None and quick:
        raise UsageError("--quick measures, and --record takes figures that were measured", "leave one of them out")
    from edgefer.benchmark import table_v
    from edgefer.report import table_v as page

    result = _read(record) if record is not None else _measure(quick)
    where = str(record or "what was measured")
    text = page.render_markdown(result, where).rstrip("\n") if markdown else page.render(result, where)
    emit(json, table_v.record(result, where), text)
    if out is not None:
        say(f"wrote {', '.join(map(str, page.write(out, result, where)))}")


def _read(path: Path) -> BenchmarkResult:
    from edgefer.benchmark.result import BenchmarkResult
    from edgefer.paths import require_file

    fix = "write one with: edgefer benchmark --out DIR"
    return BenchmarkResult.from_json(require_file(path, "a benchmark record", fix).read_bytes(), str(path))


def _measure(quick: bool) -> BenchmarkResult:
    """The four networks with fresh weights at 64x64, batch 1, all with the same threads."""
    from edgefer.benchmark.paper_suite import measure

    try:
        return measure(quick)
    except KeyboardInterrupt as error:
        raise Interrupted("the benchmark was stopped, nothing was kept", "--quick takes seconds a row") from error
