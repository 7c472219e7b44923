"""From a recipe to trained networks: the teacher first if it is not there, the student, and the student alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, count, islice, takewhile
from pathlib import Path
from typing import Any

from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.distill.answers import Answers, open_answers
from edgefer.distill.guard import check_labels
from edgefer.distill.hints import check_recipe, check_teachers
from edgefer.distill.parallel import check_batch, default_device, led
from edgefer.distill.record import run_record
from edgefer.distill.state import read_identity
from edgefer.distill.teachers import Teachers, load_teachers
from edgefer.distill.trainer import BEST, LAST, Run, finished, identity, limited, train
from edgefer.errors import ArtifactError, Interrupted, UsageError
from edgefer.paths import RUNS
from edgefer.recipe import Recipe, load
from edgefer.recipe_loss import KDLoss
from edgefer.runtime.find import shipped_checkpoint


@dataclass(frozen=True)
class Faces:
    """What a run learns from, what picks its best epoch, and the whole training split, of which it may see a part."""

    training: FaceSet
    choosing: FaceSet
    whole: FaceSet


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

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: what `edgefer distill --json` prints."""
        return {
            "student": run_record(self.student),
            "alone": None if self.alone is None else run_record(self.alone),
            "gain": self.gain,
            "teachers": [str(path) for path in self.teachers],
        }


def faces_of(recipe: Recipe) -> Faces:
    """A recipe's training faces, less those on its exclusion list, and all of its choosing faces."""
    data = recipe.data
    whole, choosing = load_faces(data.source, data.train), load_faces(data.source, data.choose)
    training = load_faces(data.source, data.train, data.exclude) if data.exclude else whole
    return Faces(limited(training, data.limit), choosing, whole)


def train_recipe(recipe: Recipe, out: Path | None = None, resume: bool = False) -> Run:
    """Train a recipe that has no teacher; raises UsageError when it has one."""
    if recipe.teacher is not None:
        raise UsageError(f"recipe {recipe.name} has a teacher", f"edgefer distill {recipe.name}")
    faces = faces_of(recipe)
    check_batch(recipe, len(faces.training))
    place = led(lambda: _place(recipe, out, resume))
    return _train(recipe, faces, place, None, _start(recipe, place.parent), resume)


def distill_recipe(recipe: Recipe, out: Path | None = None, resume: bool = False, baseline: bool = True) -> Distilled:
    """Train a recipe's student from its teachers, and beside it the student alone.

    Quantisation-aware training has no baseline: its student without quantisation is what it begins with.

    A teacher named by recipe is trained beside `out`, in a folder of its name, unless that very run is there already;
    the baseline likewise, in `<recipe>-alone`. Raises UsageError when the recipe has no teacher, and as `check_labels`.
    """
    place = led(lambda: _place(recipe, out, resume))
    faces = faces_of(recipe)
    check_batch(recipe, len(faces.training))
    paths, teachers = _teachers(recipe, place.parent, faces)
    if not (resume and led((place / LAST).exists)):
        check_labels(teachers, faces.training, default_device())
    alone = _alone(recipe, faces, place.parent) if baseline and not recipe.qat else None
    start = _start(recipe, place.parent)
    return Distilled(_train(recipe, faces, place, teachers, start, resume), alone, paths)


def distill_once(recipe: Recipe, folder: Path, alone: str | None = None, baseline: bool = True) -> Distilled:
    """Like `distill_recipe`, all of it in `folder`; the student, too, is kept when that very run is there already.

    alone: the baseline's name, when several recipes share one; default `<recipe>-alone`.
    """
    faces = faces_of(recipe)
    check_batch(recipe, len(faces.training))
    paths, teachers = _teachers(recipe, folder, faces)
    start = _start(recipe, folder)
    out, done = led(lambda: find_run(recipe, faces, folder / recipe.name, teachers, start))
    if done is None and not led((out / LAST).exists):
        check_labels(teachers, faces.training, default_device())
    beside = _alone(recipe, faces, folder, alone) if baseline else None
    return Distilled(_once(recipe, faces, folder / recipe.name, teachers), beside, paths)


def train_once(recipe: Recipe, folder: Path) -> Run:
    """Train a recipe without a teacher in `folder`, unless that very run is there already."""
    return _once(recipe, faces_of(recipe), folder / recipe.name)


def teacher_recipes(recipe: Recipe) -> list[Recipe]:
    """The recipes of the networks that teach, on the student's own faces; none without a teacher."""
    # A teacher sees the faces that its student is given, so that a run on other data needs one change, not two.
    names = recipe.teacher.recipes if recipe.teacher else ()
    return [load(name).model_copy(update={"data": recipe.data}) for name in names]


def taught_by(recipe: Recipe, trained: Sequence[Path]) -> tuple[Path, ...]:
    """All checkpoints that teach, when `trained` are those of `teacher_recipes`."""
    assert recipe.teacher is not None
    given = [shipped_checkpoint(name) for name in recipe.teacher.students]
    return (*trained, *given, *recipe.teacher.checkpoints)


def start_recipe(recipe: Recipe) -> Recipe | None:
    """The recipe whose network a run begins with; None where it begins with a file or with fresh weights."""
    if recipe.start is None:
        return recipe.floating() if recipe.qat else None
    return load(recipe.start.recipe) if recipe.start.recipe is not None else None


def given_start(recipe: Recipe) -> Path | None:
    """The checkpoint that a run begins with where that is a file; None where it begins with fresh weights."""
    section = recipe.start
    if section is None:
        return None
    return shipped_checkpoint(section.student) if section.student is not None else section.checkpoint


def needing(recipe: Recipe, below: tuple[str, ...]) -> tuple[str, ...]:
    """The names of recipes that wait for another one, with this one; UsageError when it waits for itself."""
    if recipe.name in below:
        raise UsageError(
            f"recipe {recipe.name} needs itself, by {' and '.join(below)}",
            "mend recipe in [start], recipes in [teacher]",
        )
    return (*below, recipe.name)


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


def _train(
    recipe: Recipe, faces: Faces, out: Path, teachers: Teachers | Answers | None, start: Path | None, resume: bool
) -> Run:
    return train(recipe, faces.training, faces.choosing, out, teachers, resume, whole=faces.whole, start=start)


def _teachers(recipe: Recipe, folder: Path, faces: Faces) -> tuple[tuple[Path, ...], Teachers | Answers]:
    if recipe.teacher is None:
        raise UsageError(f"recipe {recipe.name} has no teacher", f"edgefer train {recipe.name}")
    check_recipe(recipe)
    paths = _teacher_checkpoints(recipe, folder)
    return paths or recipe.teacher.answers, open_teachers(recipe, paths, faces)


def _alone(recipe: Recipe, faces: Faces, folder: Path, name: str | None = None) -> Run:
    alone = recipe.alone()
    if name:
        # What is the teacher's in the loss must not tell apart what is shared.
        shared = KDLoss(class_weights=alone.loss.class_weights, label_smoothing=alone.loss.label_smoothing)
        alone = alone.model_copy(update={"name": name, "loss": shared})
    return _once(alone, faces, folder / alone.name)


def _teacher_checkpoints(recipe: Recipe, folder: Path, below: tuple[str, ...] = ()) -> tuple[Path, ...]:
    """Checkpoints of a recipe's teachers, trained in `folder` first, and theirs before them, where they were not yet."""
    assert recipe.teacher is not None
    return taught_by(recipe, [_needed(needed, folder, below) for needed in teacher_recipes(recipe)])


def _start(recipe: Recipe, folder: Path, below: tuple[str, ...] = ()) -> Path | None:
    """The checkpoint that a recipe begins with, trained in `folder` first where it was not yet; None without one."""
    begun = start_recipe(recipe)
    return _needed(begun, folder, below) if begun is not None else given_start(recipe)


def _needed(recipe: Recipe, folder: Path, below: tuple[str, ...]) -> Path:
    """The checkpoint of a recipe that another one needs; `below` are the recipes that are waiting for it."""
    below = needing(recipe, below)
    faces = faces_of(recipe)
    teachers: Teachers | Answers | None = None
    if recipe.teacher is not None:
        check_recipe(recipe)
        teachers = open_teachers(recipe, _teacher_checkpoints(recipe, folder, below), faces)
    return _once(recipe, faces, folder / recipe.name, teachers, below).checkpoint


def open_teachers(recipe: Recipe, paths: tuple[Path, ...], faces: Faces) -> Teachers | Answers:
    """The networks at `paths` and those of `models`, as the one teacher of a recipe that has one; or its kept answers."""
    assert recipe.teacher is not None
    if recipe.teacher.answers:
        return open_answers(recipe.teacher.answers, recipe, faces.training)
    section, labels = recipe.teacher, faces.training.emotions
    teachers = load_teachers(paths, labels, default_device(), section.models, section.combine, section.mirror)
    check_teachers(recipe, teachers)
    return teachers


def _once(
    recipe: Recipe, faces: Faces, base: Path, teachers: Teachers | Answers | None = None, below: tuple[str, ...] = ()
) -> Run:
    """The finished run of this very recipe on these faces in `base`, else train it there, going on where it stopped."""
    start = _start(recipe, base.parent, below)
    out, run = led(lambda: find_run(recipe, faces, base, teachers, start))
    if run is not None:
        say(f"{recipe.name}: {out} is this run already, {run.accuracy:.2%} on {faces.choosing.split}")
        return run
    try:
        return _train(recipe, faces, out, teachers, start, resume=True)
    except Interrupted as error:
        raise Interrupted(error.what, "give the same command again to go on") from None


def find_run(
    recipe: Recipe, faces: Faces, base: Path, teachers: Teachers | Answers | None, start: Path | None
) -> tuple[Path, Run | None]:
    """Where this very run belongs, `base` or a numbered one beside it, and the run when it is finished there.

    A folder that holds another run is left alone: `<base>-2` and so on are looked at next.
    """
    wanted = identity(recipe, faces.training, faces.choosing, teachers, start)
    for out in _numbered(base):
        if run := finished(out, wanted):
            return out, run
        state = read_identity(out / LAST)
        if state == wanted or (state is None and not (out / BEST).exists()):
            return out, None
    raise AssertionError("numbers do not end")
