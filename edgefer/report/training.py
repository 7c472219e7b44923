"""Training runs as a section of a page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from edgefer.report import page, plots
from edgefer.report.page import Section

Epochs = Sequence[Mapping[str, Any]]


def section(runs: Mapping[str, Epochs], title: str = "Training") -> Section:
    """Curves and a line a run. runs: name -> epochs with `epoch`, `accuracy` (0..1), `loss` and `seconds`, at least one."""
    rows = []
    for name, epochs in runs.items():
        best = max(epochs, key=lambda epoch: epoch["accuracy"])
        spent = sum(epoch["seconds"] for epoch in epochs)
        rows.append([name, f"{len(epochs)}", f"{100 * best['accuracy']:.1f}", f"{best['epoch']}", f"{spent:.0f}"])
    spoken = "; ".join(f"{row[0]} reaches {row[2]} % in epoch {row[3]} of {row[1]}" for row in rows)
    caption = (
        "Left: accuracy on the faces that choose the best epoch, marked by a dot. Right: the loss that is trained; "
        "a distilled student's holds its teacher's answers too, so the levels of two runs do not compare."
    )
    curves = page.figure(partial(plots.training_curves, runs), caption, f"Training curves: {spoken}.")
    head = ["run", "epochs", "best accuracy, %", "in epoch", "seconds"]
    return Section(title, [curves, page.table("Each run's best epoch", head, rows)])
