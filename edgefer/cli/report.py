"""`edgefer report`: a usability session, two of them, or what was measured set against what others printed."""

from __future__ import annotations

import difflib
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
        str,
        typer.Argument(
            metavar="WHAT",
            help="A session's name or path; or table-v: the Mini-ResEmoteNet paper's Table V, measured again.",
        ),
    ],
    other: Annotated[
        str | None,
        typer.Argument(metavar="SESSION", help="Another session, to be compared with the first.", show_default=False),
    ] = None,
    one_person: Annotated[
        bool, typer.Option("--one-person", help="Sessions: whoever was seen is one person, lost and found again.")
    ] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Sessions: also write samples.csv and summary.csv.")] = False,
    record: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="table-v: a benchmark.json to take the figures from; default measures them now."
        ),
    ] = None,
    quick: Annotated[
        bool, typer.Option("--quick", help="table-v: measure 3 rounds of 0.5 s: factors, not percents.")
    ] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="table-v: print Markdown instead of text.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where the page goes; default the session's folder. table-v: nowhere."),
    ] = None,
    json: Json = False,
) -> None:
    """Tell of a usability session as a page, compare two, or print the paper's table beside what this machine measures."""
    if what != TABLE_V:
        _session(what, other, one_person, out, csv, json, record is not None or quick or markdown)
        return
    if other is not None or one_person or csv:
        raise UsageError("a second session, --one-person and --csv are for sessions", "leave them out")
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


def _session(
    what: str, other: str | None, one_person: bool, out: Path | None, csv: bool, json: bool, foreign: bool
) -> None:
    """foreign: options of table-v were given."""
    from edgefer.camera.session_folder import file_of
    from edgefer.cli.report_session import report_session

    if file_of(what) is None and difflib.get_close_matches(what, [TABLE_V], cutoff=0.7):
        raise UsageError(f"there is no report '{what}'", f"did you mean '{TABLE_V}'?")
    if foreign:
        raise UsageError("--record, --quick and --markdown are for table-v", "leave them out")
    report_session(what, other, one_person, out, csv, json)


def _read(path: Path) -> BenchmarkResult:
    from edgefer.benchmark.result import BenchmarkResult
    from edgefer.paths import read_text_file

    fix = "write one with: edgefer benchmark --out DIR"
    return BenchmarkResult.from_json(read_text_file(path, "a benchmark record", fix), str(path))


def _measure(quick: bool) -> BenchmarkResult:
    """The four networks with fresh weights at 64x64, batch 1, all with the same threads."""
    from edgefer.benchmark.paper_suite import measure

    try:
        return measure(quick)
    except KeyboardInterrupt as error:
        raise Interrupted("the benchmark was stopped, nothing was kept", "--quick takes seconds a row") from error
