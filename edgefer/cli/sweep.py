"""What `distill --sweep` and `train --sweep` do."""

from __future__ import annotations

import json as json_module
from pathlib import Path

from edgefer.cli.options import emit
from edgefer.console import say
from edgefer.errors import UsageError
from edgefer.ranks import leads


def run_sweep(
    name: str | None, changes: list[str] | None, exclude: Path | None, out: Path | None, resume: bool, json: bool
) -> None:
    """Run every cell into `out`, print the table, and write it as Markdown and as a page with confusion matrices."""
    from edgefer.distill.asked import require_torch

    if name is None:
        raise UsageError("--sweep needs the name of a sweep", "edgefer distill --sweep paper-table-4")
    if resume:
        raise UsageError("a sweep goes on by itself", f"leave out --resume: edgefer distill --sweep {name}")
    require_torch()
    from edgefer.paths import RUNS, write_text
    from edgefer.pipeline.sweep import run_sweep as run
    from edgefer.report.sweep import markdown, text, write_page
    from edgefer.sweep import load_sweep

    sweep = load_sweep(
        name, (*(changes or ()), *([f"data.exclude={json_module.dumps(str(exclude))}"] if exclude else ()))
    )
    folder = out or RUNS / sweep.name
    results = run(sweep, folder)
    if leads():
        write_text(folder / "table.md", markdown(sweep, results))
        write_page(folder / "table.html", sweep, results)
    values = {"sweep": sweep.name, "source": sweep.source, "cells": [result.to_dict() for result in results]}
    emit(json, values, text(sweep, results))
    say(f"written: {folder / 'table.md'}, {folder / 'table.html'}")
