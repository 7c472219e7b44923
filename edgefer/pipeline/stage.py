"""What is told of each stage of a build."""

from __future__ import annotations

from dataclasses import dataclass

from edgefer.card import Precision
from edgefer.recipe import Recipe

FORCED = "--force was given"


@dataclass(frozen=True)
class Stage:
    """made: what it makes, a path. kept: whether that was there already. why: why it was kept, or has to run.

    seconds: how long it ran; 0 where it did not.
    """

    name: str
    made: str
    kept: bool
    why: str
    seconds: float = 0.0


def train_stage(recipe: Recipe) -> str:
    """The name of the stage that trains, as the command is called that does it alone."""
    return "distill" if recipe.teacher else "train"


def engine_stages(precision: Precision) -> tuple[str, str]:
    """The names of the two stages that make an engine's folder."""
    return f"{'quantise' if precision.calibrated else 'convert'} {precision.value}", f"build {precision.value}"


def evaluate_stage(precision: Precision) -> str:
    """The name of the stage that measures an engine's accuracy."""
    return f"evaluate {precision.value}"
