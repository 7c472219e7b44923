"""A sweep from its first cell to its table; killed at any moment, it goes on where it stopped."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.console import say
from edgefer.data.load import load_faces
from edgefer.distill.run import distill_once
from edgefer.evaluate.evaluate import Evaluation, evaluate
from edgefer.runtime.open import open_session
from edgefer.sweep import Cell, Sweep


@dataclass(frozen=True)
class CellResult:
    """One experiment: what it reached beside the same student alone and beside what was published; all 0..1.

    alpha, temperature: the loss's, None for a kind of loss without them.
    split: the faces that all of it is measured on, which chose the best epoch too.
    """

    name: str
    student: str
    alpha: float | None
    temperature: float | None
    split: str
    faces: int
    accuracy: float
    macro_f1: float
    alone: float
    published: float | None
    folder: str
    evaluation: Evaluation

    @property
    def gain(self) -> float:
        """What the teacher added."""
        return self.accuracy - self.alone

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**asdict(self), "evaluation": self.evaluation.to_dict(), "gain": self.gain}


def run_sweep(sweep: Sweep, folder: Path) -> tuple[CellResult, ...]:
    """Train every cell that is not in `folder` yet, its teacher and its baseline, and measure all.

    Cells that have a teacher or a baseline in common share its run. Raises Interrupted on Ctrl-C.
    """
    results = []
    for number, cell in enumerate(sweep.cells, start=1):
        say(f"cell {number} of {len(sweep.cells)}: {cell.name}")
        results.append(_run(cell, folder))
    return tuple(results)


def _run(cell: Cell, folder: Path) -> CellResult:
    recipe = cell.recipe
    distilled = distill_once(recipe, folder, alone=f"{recipe.model.architecture}-alone")
    assert distilled.alone is not None
    faces = load_faces(recipe.data.source, recipe.data.choose)
    with open_session(distilled.student.checkpoint) as session:
        evaluation = evaluate(session, faces)
    return CellResult(
        name=cell.name,
        student=recipe.model.architecture,
        alpha=getattr(recipe.loss, "alpha", None),
        temperature=getattr(recipe.loss, "temperature", None),
        split=f"{faces.name} {faces.split}",
        faces=len(faces),
        accuracy=evaluation.accuracy,
        macro_f1=evaluation.macro_f1,
        alone=distilled.alone.accuracy,
        published=cell.published,
        folder=str(distilled.student.folder),
        evaluation=evaluation,
    )
