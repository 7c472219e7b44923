"""From a recipe to trained networks: the teacher first if it is not there, the student, and the student alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, count, islice, takewhile
from pathlib import Path

import torch

from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.distill.state import read_identity
from edgefer.distill.teachers import Teachers, load_teachers
from edgefer.distill.trainer import BEST, LAST, Run, finished, identity, limited, train
from edgefer.errors import ArtifactError, Interrupted, UsageError
from edgefer.paths import RUNS
from edgefer.recipe import Recipe, load
from edgefer.recipe_loss import KDLoss
from edgefer.runtime.find import shipped_checkpoint


@dataclass(frozen=True)
class Distilled:
    """A student, the same student without a teacher (None when it was not wanted), and the checkpoints that taught."""

    student: Run
    alone: Run | None
    teachers: tuple[Path, ...]

    @property
    def gain(self) -> float | None:
        """What distillation added to the accuracy on the choosing split, 0..1; None without a baseline."""
        return None if self.alone is None else self.student.accuracy - self.alone.accuracy


def device() -> torch.device:
    """Where training runs: the GPU when there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def faces_of(recipe: Recipe) -> tuple[FaceSet, FaceSet]:
    """A recipe's training faces, less those on its exclusion list, and all of its choosing faces."""
    training = load_faces(recipe.data.source, recipe.data.train, recipe.data.exclude)
    return limited(training, recipe.data.limit), load_faces(recipe.data.source, recipe.data.choose)


def train_recipe(recipe: Recipe, out: Path | None = None, resume: bool = False) -> Run:
    """Train a recipe that has no teacher; raises UsageError when it has one."""
    if recipe.teacher is not None:
        raise UsageError(f"recipe {recipe.name} has a teacher", f"edgefer distill {recipe.name}")
    training, choosing = faces_of(recipe)
    return train(recipe, training, choosing, _place(recipe, out, resume), resume=resume)


def distill_recipe(recipe: Recipe, out: Path | None = None, resume: bool = False, baseline: bool = True) -> Distilled:
    """Train a recipe's student from its teachers, and beside it the student alone.

    A teacher named by recipe is trained beside `out`, in a folder of its name, unless that very run is there already;
    the baseline likewise, in `<recipe>-alone`. Raises UsageError when the recipe has no teacher.
    """
    out = _place(recipe, out, resume)
    training, choosing = faces_of(recipe)
    paths, teachers = _teachers(recipe, out.parent, training)
    alone = _alone(recipe, training, choosing, out.parent) if baseline else None
    return Distilled(train(recipe, training, choosing, out, teachers, resume=resume), alone, paths)


def distill_once(recipe: Recipe, folder: Path, alone: str | None = None) -> Distilled:
    """Like `distill_recipe`, all of it in `folder`; the student, too, is kept when that very run is there already.

    alone: the baseline's name, when several recipes share one; default `<recipe>-alone`.
    """
    training, choosing = faces_of(recipe)
    paths, teachers = _teachers(recipe, folder, training)
    baseline = _alone(recipe, training, choosing, folder, alone)
    return Distilled(_once(recipe, training, choosing, folder / recipe.name, teachers), baseline, paths)


def run_folder(name: str, resume: bool) -> Path:
    """`runs/<name>`, or `runs/<name>-2` and so on for a further run; with `resume` the newest that is there."""
    existing = list(takewhile(Path.exists, _numbered(RUNS / name)))
    if not resume:
        return next(islice(_numbered(RUNS / name), len(existing), None))
    if not existing:
        raise ArtifactError(f"no run of {name} is under {RUNS}/", "start one without --resume")
    return max(existing, key=lambda path: path.stat().st_mtime)


def _place(recipe: Recipe, out: Path | None, resume: bool) -> Path:
    if out is None:
        return run_folder(recipe.name, resume)
    if (out / BEST).exists() and not resume:
        raise ArtifactError(f"{out} holds a run", "go on with --resume, or name another --out")
    return out


def _numbered(base: Path) -> Iterator[Path]:
    return chain((base,), (base.with_name(f"{base.name}-{number}") for number in count(2)))


def _teachers(recipe: Recipe, folder: Path, training: FaceSet) -> tuple[tuple[Path, ...], Teachers]:
    if recipe.teacher is None:
        raise UsageError(f"recipe {recipe.name} has no teacher", f"edgefer train {recipe.name}")
    paths = _teacher_checkpoints(recipe, folder)
    section = recipe.teacher
    return paths, load_teachers(paths, training.emotions, device(), section.models, section.combine)


def _alone(recipe: Recipe, training: FaceSet, choosing: FaceSet, folder: Path, name: str | None = None) -> Run:
    alone = recipe.alone()
    if name:
        # What is the teacher's in the loss must not tell apart what is shared.
        shared = KDLoss(class_weights=alone.loss.class_weights, label_smoothing=alone.loss.label_smoothing)
        alone = alone.model_copy(update={"name": name, "loss": shared})
    return _once(alone, training, choosing, folder / alone.name)


def _teacher_checkpoints(recipe: Recipe, folder: Path) -> tuple[Path, ...]:
    assert recipe.teacher is not None
    trained = []
    for name in recipe.teacher.recipes:
        teacher = load(name)
        if teacher.teacher is not None:
            raise UsageError(f"the teacher recipe {name} has a teacher itself", "name a recipe without [teacher]")
        # A teacher sees the faces that its student is given, so that a run on other data needs one change, not two.
        teacher = teacher.model_copy(update={"data": recipe.data})
        training, choosing = faces_of(teacher)
        trained.append(_once(teacher, training, choosing, folder / teacher.name).checkpoint)
    given = [shipped_checkpoint(name) for name in recipe.teacher.students]
    return (*trained, *given, *recipe.teacher.checkpoints)


def _once(recipe: Recipe, training: FaceSet, choosing: FaceSet, base: Path, teachers: Teachers | None = None) -> Run:
    """The finished run of this very recipe on these faces in `base`, else train it there, going on where it stopped.

    A folder that holds another run is left alone: `<base>-2` and so on are looked at next.
    """
    wanted = identity(recipe, training, choosing, teachers)
    for out in _numbered(base):
        if run := finished(recipe, training, choosing, teachers, out):
            say(f"{recipe.name}: {out} is this run already, {run.accuracy:.2%} on {choosing.split}")
            return run
        if not (out / BEST).exists() or read_identity(out / LAST) == wanted:
            try:
                return train(recipe, training, choosing, out, teachers, resume=True)
            except Interrupted as error:
                raise Interrupted(error.what, "give the same command again to go on") from None
    raise AssertionError("numbers do not end")
