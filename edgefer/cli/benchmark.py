"""`edgefer benchmark`: latency, throughput, memory and accuracy of models beside their teacher."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json
from edgefer.console import say
from edgefer.errors import BackendError, Interrupted

if TYPE_CHECKING:
    from edgefer.benchmark.result import BenchmarkResult


def benchmark(
    models: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="MODEL",
            help="Checkpoints, ONNX files, engines or folders of them; default the newest student and its engines.",
        ),
    ] = None,
    teacher: Annotated[
        str, typer.Option(help="What all are compared with: a checkpoint, an ONNX file or an architecture's name.")
    ] = "resemotenet",
    data: Annotated[str, typer.Option(help="Faces to feed: demo, a store's name or its folder.")] = "demo",
    split: Annotated[str, typer.Option(help="The split to take the faces from.")] = "PublicTest",
    batch: Annotated[list[int] | None, typer.Option(min=1, help="A batch size; repeat it.  [default: 1, 32]")] = None,
    rounds: Annotated[int, typer.Option(min=1, help="How often each row is visited.")] = 5,
    seconds: Annotated[float, typer.Option(min=0.01, help="Time for each row at the smallest batch.")] = 3.0,
    calls: Annotated[int, typer.Option(min=1, help="Calls of each row at the smallest batch, at least.")] = 200,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads of every row; default all cores.")] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Also write benchmark.json and benchmark.html there.")
    ] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Open engines that no card vouches for.")] = False,
    json: Json = False,
) -> None:
    """Measure models beside their teacher: each in a process of its own, round after round."""
    from edgefer.benchmark.discover import default_models
    from edgefer.benchmark.protocol import protocol_for
    from edgefer.benchmark.run import benchmark_models
    from edgefer.benchmark.table import render_table
    from edgefer.data.load import load_faces

    if not models:
        models, reason = default_models()
        say(f"{models[0]}: {reason}")
    try:
        result = benchmark_models(
            models,
            teacher,
            load_faces(data, split),
            how=protocol_for(batch or (1, 32), rounds, seconds, calls),
            threads=threads,
            trust=trust,
        )
    except KeyboardInterrupt as error:
        raise Interrupted(
            "the benchmark was stopped, nothing was kept", "--rounds 2 --seconds 0.2 is quicker"
        ) from error
    print(result.to_json() if json else render_table(result))
    if out is not None:
        _write(result, out)
    if not any(cell.latency for row in result.rows for cell in row.cells):
        raise BackendError("no row could be measured", "the table says why, row by row")


def _write(result: BenchmarkResult, folder: Path) -> None:
    from edgefer.paths import write_text
    from edgefer.report import benchmark as report
    from edgefer.report.page import write_page

    lead = f"Measured on {result.environment.cpu} on {result.environment.date[:10]} with faces from {result.faces}."
    write_text(folder / "benchmark.json", result.to_json() + "\n")
    write_page(folder / "benchmark.html", "Benchmark", lead, [report.section(result)])
    say(f"wrote {folder / 'benchmark.json'} and {folder / 'benchmark.html'}")
