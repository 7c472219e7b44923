"""`edgefer quickstart`: the whole path on drawn faces, ending in a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.cli.train import Changes
from edgefer.console import say


def quickstart(
    out: Annotated[Path, typer.Option(metavar="DIR", help="Where everything lands.")] = Path("runs/quickstart"),
    changes: Changes = None,
    json: Json = False,
) -> None:
    """Go the whole path on drawn faces: teacher, student, ONNX, FP16 and INT8 engines, benchmark, report."""
    from edgefer.paths import require_folder_place

    require_folder_place(out)
    from edgefer.distill.asked import require_torch
    from edgefer.distill.record import run_record

    require_torch()
    from edgefer.benchmark.table import render_table
    from edgefer.pipeline.quickstart import quickstart as run
    from edgefer.report.quickstart import FACES_NOTE, next_lines, write

    result = run(out, tuple(changes or ()))
    report = out / "report.html"
    write(report, result)
    accuracy = {name: measured.accuracy for name, measured in result.evaluations.items()}
    lines = [render_table(result.benchmark), "", "accuracy on the same drawn faces"]
    lines += [f"  {name:<18} {value:.1%}" for name, value in accuracy.items()]
    lines += ["", *(str(built.engine) for built in result.engines), f"report: {report}"]
    values = {
        "report": str(report),
        "seconds": round(result.seconds, 1),
        "accuracy": accuracy,
        "student": run_record(result.distilled.student),
        "onnx": str(result.onnx),
        "engines": [built.to_dict() for built in result.engines],
        "no_engines": result.no_engines,
    }
    emit(json, values, "\n".join(lines))
    say(f"\ndone in {result.seconds:.0f} s. {FACES_NOTE}\nnext:")
    for line in next_lines(result):
        say(f"  {line}")
