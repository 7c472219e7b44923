"""INT8 that holds limits of accuracy: which convolutions of a build stay in float, found before anything is compiled."""

from __future__ import annotations

import json
from pathlib import Path

from edgefer.card import ModelCard, Precision
from edgefer.engine.measure import judging_faces
from edgefer.engine.options import Options
from edgefer.errors import UsageError
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.exclusion import Exclusion, Limits
from edgefer.quantize.method import DEFAULT, Method
from edgefer.quantize.search import find_exclusion

EXCLUSION = "exclusion.json"


def check_limits(options: Options, precision: Precision, card: ModelCard) -> None:
    """Raise UsageError when limits were set and there is no INT8 to hold them with; `card` is the model's."""
    if options.limits is None:
        return
    if precision is not Precision.INT8:
        raise UsageError(
            f"--max-drop and --max-class-drop leave convolutions out of INT8, and this is {precision.value}",
            "leave them out, or use --precision int8",
        )
    if card.precision is Precision.INT8:
        raise UsageError(
            f"{card.name} is INT8 already, and what is in float in it cannot be chosen again",
            "leave --max-drop and --max-class-drop out, or name the float32 file",
        )


def judges_sha256(options: Options, card: ModelCard) -> str:
    """Of the faces that say whether limits hold; empty without limits, or where the faces are not on this machine."""
    faces = judging_faces(card)[0] if options.limits is not None else None
    return faces.sha256 if faces is not None else ""


def hold(onnx: Path, calibration: CalibrationSet, limits: Limits, method: Method = DEFAULT) -> Exclusion:
    """Search the convolutions to leave in float; shows progress.

    Raises CheckFailed, naming what is missed and by how much, when no choice holds the limits, and as `find_exclusion`.
    """
    found = find_exclusion(onnx, calibration, limits, method)
    found.check()
    return found


def write_exclusion(folder: Path, found: Exclusion) -> None:
    """Put the ranking, every step and why the search stopped beside an engine."""
    (folder / EXCLUSION).write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
