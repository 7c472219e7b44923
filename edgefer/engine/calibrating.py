"""The calibration set of a build: the one that was named, else the model's own."""

from __future__ import annotations

from pathlib import Path

from edgefer.card import ModelCard, Precision
from edgefer.console import say
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.source import default_set, fitting_set


def calibration_for(card: ModelCard, precision: Precision, folder: Path | None, model: Path) -> CalibrationSet | None:
    """The set in `folder`, else the model's own, made when it is missing; None where the build needs none.

    model: the model's file, for the commands in errors. Raises as `fitting_set` and `default_set`.
    """
    if not precision.calibrated or card.precision is precision:
        return None
    if folder is not None:
        return fitting_set(folder, card, model)
    made, existed = default_set(card, model)
    say(f"calibration set {made.folder}: {len(made)} faces of {made.manifest.dataset}{', as before' * existed}")
    return made
