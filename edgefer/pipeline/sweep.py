"""A sweep from its first cell to its table; killed at any moment, it goes on where it stopped."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from edgefer.console import say
from edgefer.data.load import load_faces
from edgefer.distill.run import distill_once, train_once
from edgefer.distill.teachers import ensemble
from edgefer.distill.trainer import Run
from edgefer.errors import UsageError
from edgefer.evaluate.answers import Answers, answer
from edgefer.evaluate.evaluate import Evaluation, score
from edgefer.runtime.open import open_session
from edgefer.sweep import Cell, EnsembleSection, Sweep


@dataclass(frozen=True)
class CellResult:
    """One experiment: what it reached beside the same student alone and beside what was published; all 0..1.

    alpha, temperature: the loss's, None without a teacher and for a kind of loss without them. alone: None where the
    cell has no teacher. split: the faces that all of it is measured on, which chose the best epoch too.
    """

    name: str
    student: str
    alpha: float | None
    temperature: float | None
    split: str
    faces: int
    accuracy: float
    macro_f1: float
    alone: float | None
    published: float | None
    folder: str
    evaluation: Evaluation

    @property
    def gain(self) -> float | None:
        """What the teacher added."""
        return None if self.alone is None else self.accuracy - self.alone

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON."""
        return {**vars(self), "evaluation": self.evaluation.to_dict(), "gain": self.gain}


def run_sweep(sweep: Sweep, folder: Path) -> tuple[CellResult, ...]:
    """Train every cell that is not in `folder` yet, its teacher and its baseline, and measure all.

    Cells that have a teacher or a baseline in common share its run. The last result is that of all cells together
    where the sweep asks for it; they must then be judged on the same faces. Raises Interrupted on Ctrl-C.
    """
    results, answers = [], []
    for number, cell in enumerate(sweep.cells, start=1):
        say(f"cell {number} of {len(sweep.cells)}: {cell.name}")
        run, alone = _trained(cell, folder)
        said = _answers(cell, run)
        answers.append(said)
        results.append(_result(cell, run, alone, score(said)))
    if sweep.ensemble is not None:
        results.append(_together(sweep.ensemble, answers))
    return tuple(results)


def _trained(cell: Cell, folder: Path) -> tuple[Run, Run | None]:
    if cell.recipe.teacher is None:
        return train_once(cell.recipe, folder), None
    distilled = distill_once(cell.recipe, folder, alone=f"{cell.recipe.model.architecture}-alone")
    return distilled.student, distilled.alone


def _answers(cell: Cell, run: Run) -> Answers:
    faces = load_faces(cell.recipe.data.source, cell.recipe.data.choose)
    with open_session(run.checkpoint) as session:
        return answer(session, faces)


def _result(cell: Cell, run: Run, alone: Run | None, evaluation: Evaluation) -> CellResult:
    loss = cell.recipe.loss if cell.recipe.teacher else None
    return CellResult(
        name=cell.name,
        student=cell.recipe.model.architecture,
        alpha=getattr(loss, "alpha", None),
        temperature=getattr(loss, "temperature", None),
        split=f"{evaluation.dataset} {evaluation.split}",
        faces=evaluation.faces,
        accuracy=evaluation.accuracy,
        macro_f1=evaluation.macro_f1,
        alone=alone.accuracy if alone else None,
        published=cell.published,
        folder=str(run.folder),
        evaluation=evaluation,
    )


def _together(section: EnsembleSection, answers: Sequence[Answers]) -> CellResult:
    first = answers[0]
    if any(other.faces.sha256 != first.faces.sha256 for other in answers):
        raise UsageError(
            "the cells of an ensemble are judged on different faces", "give them one data.source and data.choose"
        )
    # Cells trained on the same faces have the same labels in the same order.
    logits = [torch.from_numpy(one.logits) for one in answers]
    mean = ensemble(logits, [1.0] * len(logits), section.combine).numpy()
    name = "+".join(one.card.name for one in answers)
    evaluation = score(replace(first, card=first.card.but(name=name), logits=mean))
    return CellResult(
        name="ensemble",
        student=f"{len(answers)} networks",
        alpha=None,
        temperature=None,
        split=f"{evaluation.dataset} {evaluation.split}",
        faces=evaluation.faces,
        accuracy=evaluation.accuracy,
        macro_f1=evaluation.macro_f1,
        alone=None,
        published=section.published,
        folder="",
        evaluation=evaluation,
    )
