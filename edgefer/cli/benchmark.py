"""`edgefer benchmark`: latency, throughput, memory and accuracy of models beside their teacher."""

from __future__ import annotations

import json as json_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json
from edgefer.console import say
from edgefer.errors import BackendError, UsageError

if TYPE_CHECKING:
    from edgefer.benchmark.comparison import Comparison
    from edgefer.benchmark.protocol import Protocol
    from edgefer.benchmark.result import BenchmarkResult


def benchmark(
    models: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MODEL",
            help="Checkpoints, ONNX files, engines, folders of them, names of edgefer's students or of architectures; "
            "default the newest student and its engines.",
        ),
    ] = None,
    teacher: Annotated[
        str,
        typer.Option(
            help="What all are compared with: a checkpoint, an ONNX file, or the name of a student or an architecture."
        ),
    ] = "resemotenet",
    size: Annotated[
        int | None,
        typer.Option(min=16, metavar="PIXELS", help="Input of what is named by architecture.  [default: the model's]"),
    ] = None,
    data: Annotated[str, typer.Option(help="Faces to feed: demo, a store's name or its folder.")] = "demo",
    split: Annotated[str, typer.Option(help="The split to take the faces from.")] = "PublicTest",
    batch: Annotated[
        list[int] | None, typer.Option(min=1, help="A batch size; repeat it.  [default: 1, 8, 32]")
    ] = None,
    sweep: Annotated[
        str | None, typer.Option(metavar="LOW:HIGH", help="Batch sizes from LOW, doubled, to HIGH, such as 1:64.")
    ] = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="How often each row is visited.  [default: 10]")] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.01, help="Time for each row at the smallest batch.  [default: 3]")
    ] = None,
    calls: Annotated[
        int | None, typer.Option(min=1, help="Calls of each row at the smallest batch, at least.  [default: 200]")
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Batch 1, 3 rounds, 0.5 s: factors, not percents.")] = False,
    threads: Annotated[
        list[int] | None,
        typer.Option(min=1, help="CPU threads; repeat it.  [default: all cores, students also one]"),
    ] = None,
    compiled: Annotated[
        bool | None, typer.Option("--compile/--no-compile", help="Rows by torch.compile.  [default: on a GPU]")
    ] = None,
    int8: Annotated[bool, typer.Option(help="Make INT8 files for CPUs of students that have none.")] = True,
    evaluate: Annotated[
        bool, typer.Option("--evaluate", help="Measure the accuracy of each row's own file on the split.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write benchmark.json, .html and .md there.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the tables as Markdown.")] = None,
    compare: Annotated[
        Path | None, typer.Option(metavar="OLD.json", help="Also say what changed since this record, beyond the noise.")
    ] = None,
    max_regression: Annotated[
        float | None,
        typer.Option(min=0, metavar="PERCENT", help="Exit 1 if a time, memory or a file grew by more since OLD.json."),
    ] = None,
    trtexec: Annotated[
        bool, typer.Option("--trtexec", help="Print the fields of trtexec in place of tables, and its command.")
    ] = False,
    trust: Annotated[bool, typer.Option("--trust", help="Open engines that no card vouches for.")] = False,
    json: Json = False,
) -> None:
    """Measure models beside their teacher: each in a process of its own, round after round."""
    if max_regression is not None and compare is None:
        raise UsageError("--max-regression needs a record to compare with", "name it with --compare OLD.json")
    if json and trtexec:
        raise UsageError("--json and --trtexec are two forms of one output", "leave one of them out")
    from edgefer.benchmark.compare import read_record
    from edgefer.benchmark.run import benchmark_models
    from edgefer.benchmark.variants import Wish
    from edgefer.data.load import load_faces
    from edgefer.paths import require_file_place, require_folder_place

    if out is not None:
        require_folder_place(out)
    if markdown is not None:
        require_file_place(markdown)
    # Read before anything is measured for it.
    old = read_record(compare) if compare is not None else None
    how = _protocol(batch, sweep, rounds, seconds, calls, quick)
    if old is not None and not any((batch, sweep, rounds, seconds, calls, quick)):
        how = old.protocol
    result = benchmark_models(
        models or (),
        teacher,
        load_faces(data, split),
        how=how,
        wish=Wish(threads=tuple(threads or ()), compiled=compiled, int8=int8),
        size=size,
        trust=trust,
        evaluate=evaluate,
    )
    if out is not None:
        from edgefer.report.benchmark import write

        say(f"wrote {', '.join(map(str, write(out, result)))}")
    if markdown is not None:
        from edgefer.paths import write_text
        from edgefer.report.benchmark_markdown import render

        write_text(markdown, render(result))
        say(f"wrote {markdown}")
    _report(result, old, max_regression, json, trtexec)


def _report(
    result: BenchmarkResult, old: BenchmarkResult | None, max_regression: float | None, json: bool, trtexec: bool
) -> None:
    """Print a result, and what changed since an older one.

    Raises BackendError when nothing ran or nothing of the models did, UsageError when the two cannot be compared, CheckFailed past the limit.
    """
    from edgefer.benchmark.table import render_table

    ran = any(cell.latency for row in result.rows for cell in row.cells)
    comparison, refused = _compared(old, result, max_regression) if old is not None and ran else (None, None)
    if json:
        # A record reads the same with the comparison in it.
        values = json_module.loads(result.to_json())
        changes = {} if comparison is None else {"comparison": json_module.loads(comparison.to_json())}
        print(json_module.dumps({**values, **changes}, indent=2))
    elif trtexec and ran:
        from edgefer.benchmark.trtexec import render_trtexec

        print(render_trtexec(result))
    else:
        print(render_table(result))
    if not ran:
        raise BackendError("no row could be measured", "the table says why, row by row")
    if unmeasured := _unmeasured(result):
        raise unmeasured
    if refused is not None:
        raise refused
    if comparison is not None:
        if not json:
            from edgefer.benchmark.compare_text import render_comparison

            print(f"\n{render_comparison(comparison)}")
        comparison.check()


def _unmeasured(result: BenchmarkResult) -> BackendError | None:
    """What to raise when the teacher was measured and none of the models was; None when any was, or none was asked for."""
    from edgefer.benchmark.candidate import Role

    rows = [row for row in result.rows if row.candidate.role is Role.STUDENT]
    if not rows or any(cell.latency for row in rows for cell in row.cells):
        return None
    why = next((reason for row in rows if (reason := row.why or row.candidate.why)), "")
    first = f", such as {rows[0].candidate.model}: {why}" if why else ""
    return BackendError(f"none of the models could be measured{first}", "the table says why, row by row")


def _compared(
    old: BenchmarkResult, new: BenchmarkResult, max_regression: float | None
) -> tuple[Comparison | None, UsageError | None]:
    """What changed, or why the two cannot be compared, which must not cost the user what was just measured."""
    from edgefer.benchmark.compare import compare

    try:
        return compare(old, new, None if max_regression is None else max_regression / 100), None
    except UsageError as error:
        return None, error


def _protocol(
    batch: list[int] | None,
    sweep: str | None,
    rounds: int | None,
    seconds: float | None,
    calls: int | None,
    quick: bool,
) -> Protocol:
    """What was asked for, and the rest as usual."""
    from edgefer.benchmark.protocol import asked_protocol, parse_sweep

    if batch and sweep:
        raise UsageError("--batch and --sweep both say which batch sizes are measured", "leave one of them out")
    return asked_protocol(batch or (parse_sweep(sweep) if sweep else ()), rounds, seconds, calls, quick)
