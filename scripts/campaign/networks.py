"""The networks of a campaign, as data: which recipes, with what changed, in which step."""

from __future__ import annotations

import json
from pathlib import Path

from campaign.jobs import Job
from campaign.place import Place

TEACHERS = tuple(
    Job(name, name) for name in ("fer2013-resemotenet", "fer2013-seresnet-18", "fer2013-seresnet-34", "fer2013-vgg-13")
)
# Each student from the ensemble's kept answers, and beside it the same one alone.
STUDENTS = (
    Job("edgefer-s", "edgefer-s"),
    Job("edgefer-c", "edgefer-c"),
    Job("edgefer-b", "edgefer-b"),
    Job("edgefer-a", "edgefer-a"),
    Job("edgefer-s-t4", "edgefer-s", ("loss.temperature=4.0",)),
    Job("edgefer-c-t4", "edgefer-c", ("loss.temperature=4.0",)),
    *(Job(f"edgefer-{letter}-alone", f"edgefer-{letter}", alone=True) for letter in "scba"),
)
FERPLUS = ("data.source=ferplus-crossentropy",)
EMOXNET = (
    Job("emoxnet-vgg-13", "fer2013-vgg-13", FERPLUS, group="emoxnet"),
    Job("emoxnet-seresnet-18", "fer2013-seresnet-18", FERPLUS, group="emoxnet"),
    Job("emoxnet-resemotenet", "fer2013-resemotenet", FERPLUS, group="emoxnet"),
)
EMOXNET_LITE = (Job("emoxnet-lite", "emoxnet-lite"), Job("emoxnet-lite-alone", "emoxnet-lite", alone=True))
# What each ingredient of the recipe gave: S without it. The first group learns from the kept answers; what changes the
# views is asked of the ensemble anew, so there are six views of it, and a row of its own to compare with.
WITHOUT = (
    ("whole", ()),
    ("teacher", None),
    ("averaged weights", ("train.ema=0.0",)),
    ("warm-up", ("schedule.warmup=0",)),
    ("weight decay", ("optimizer.weight_decay=0.0",)),
    ("dropout", ("model.head_dropout=0.0",)),
    ("temperature 2 (1 instead)", ("loss.temperature=1.0",)),
    ("labels (the teacher alone)", ("loss.alpha=0.0",)),
    ("batches of 256 (64, rate / 4)", ("train.batch=64", "optimizer.learning_rate=0.025")),
)
SIX_VIEWS = (
    ("42 of the 48 views", ()),
    ("42 views, mirror", ("augment.flip=false",)),
    ("42 views, turn, size and place", ("augment.rotate=0.0", "augment.scale=0.0", "augment.shift=0.0")),
    ("42 views, light", ("augment.light=0.0",)),
    ("42 views, erasing", ("augment.erase=0.0",)),
    ("42 views (seed 1)", ("train.seed=1",)),
    ("42 views (seed 2)", ("train.seed=2",)),
)
ABLATION_EPOCHS = 40
# The first paper's grid by its own recipe; its teacher first.
PAPER_TEACHER = (Job("resemotenet", "resemotenet", epochs=-1, group="paper-table-4"),)
PAPER = tuple(
    Job(name, recipe, (f"loss.alpha={alpha}", "loss.temperature=3.0"), epochs=-1, group="paper-table-4")
    for name, recipe, alpha in (
        ("E1", "mini-resemotenet-a", "0.20"),
        ("E2", "mini-resemotenet-a", "0.15"),
        ("E3", "mini-resemotenet-b", "0.20"),
        ("E4", "mini-resemotenet-b", "0.15"),
        ("E5", "mini-resemotenet-b", "0.10"),
        ("E6", "mini-resemotenet-c", "0.20"),
    )
)


def few(place: Place, jobs: tuple[Job, ...], count: int = 2) -> tuple[Job, ...]:
    """All jobs, or the first ones of a toy campaign."""
    return jobs[:count] if place.toy else jobs


def students(place: Place) -> tuple[Job, ...]:
    """The students, from the answers that are there."""
    jobs = (STUDENTS[1], STUDENTS[7]) if place.toy else STUDENTS
    return tuple(job if job.alone else _with(job, kept_answers(place)) for job in jobs)


def kept_answers(place: Place) -> tuple[str, ...]:
    """The changes of a recipe that put the kept answers in its teachers' place."""
    files = [str(path.resolve()) for path in sorted(place.answers.glob("answers-*.safetensors"))]
    return ("teacher.recipes=[]", f"teacher.answers={json.dumps(files)}")


def asked(checkpoints: list[str]) -> tuple[str, ...]:
    """The changes that put these checkpoints there."""
    return ("teacher.recipes=[]", f"teacher.checkpoints={json.dumps(checkpoints)}")


def ablation(place: Place) -> tuple[Job, ...]:
    """S without one ingredient each."""
    chosen = place.read("ensemble.json", {}).get("checkpoints", [])
    answers = kept_answers(place)
    six = (*asked(chosen), "augment.views=6")
    rows = [
        Job(f"ablation-{number:02d}", "edgefer-s", (*answers, *(changes or ())), ABLATION_EPOCHS, changes is None)
        for number, (_, changes) in enumerate(WITHOUT)
    ]
    rows += [
        Job(f"ablation-{number:02d}", "edgefer-s", (*six, *changes), ABLATION_EPOCHS)
        for number, (_, changes) in enumerate(SIX_VIEWS, len(WITHOUT))
    ]
    return tuple(rows[:1] + rows[9:10]) if place.toy else tuple(rows)


def ablation_names() -> dict[str, str]:
    """What each job of the ablation lacks."""
    return {f"ablation-{number:02d}": words for number, (words, _) in enumerate((*WITHOUT, *SIX_VIEWS))}


def lite(place: Place) -> tuple[Job, ...]:
    """EmoXNetLite and the same network alone."""
    there = [place.runs / job.folder / "best.safetensors" for job in few(place, EMOXNET)]
    files = json.dumps([str(path.resolve()) for path in there if path.is_file()])
    return tuple(_with(job, (f"teacher.checkpoints={files}",)) for job in EMOXNET_LITE)


def paper(place: Place) -> tuple[Job, ...]:
    """The grid, from the one teacher."""
    teacher = place.runs / PAPER_TEACHER[0].folder / "best.safetensors"
    return tuple(_with(job, asked([str(teacher.resolve())])) for job in few(place, PAPER, 1))


def _with(job: Job, changes: tuple[str, ...]) -> Job:
    return Job(job.name, job.recipe, (*job.changes, *changes), job.epochs, job.alone, job.group)


def every_job(place: Place) -> list[tuple[str, tuple[Job, ...]]]:
    """All trainings by the title under which results list them."""
    return [
        ("FER2013, the ensemble's candidates", TEACHERS),
        ("FER2013, students", STUDENTS),
        ("FER+", (*EMOXNET, *EMOXNET_LITE)),
        ("FER2013, student S without one ingredient", ablation(place)),
        ("Table IV of arXiv 2501.18538, its own recipe", (*PAPER_TEACHER, *PAPER)),
    ]


def folder_of(place: Place, job: Job) -> Path:
    """A job's run."""
    return place.runs / job.folder
