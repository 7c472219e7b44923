"""The steps that train."""

from __future__ import annotations

import json
import sys

from campaign import networks
from campaign.jobs import finished, last_line, progress, together, toy_changes, train, worker
from campaign.place import Place, StepFailed, Unfinished

# Name -> recipe, faces per second that are wanted of it.
PROFILED = {"student-c": ("edgefer-c", 200_000), "resemotenet": ("fer2013-resemotenet", 20_000)}
WAYS = ("graph", "plain", "graph-1024", "compiled")


def profile(place: Place) -> None:
    """Training throughput of C and of ResEmoteNet in each way, and what limits it where that is too little."""
    for name, (recipe, wanted) in PROFILED.items():
        spec = {
            "name": name,
            "recipe": recipe,
            "changes": toy_changes(()) if place.toy else (),
            "wanted": wanted,
            "ways": ("plain",) if place.toy else WAYS,
            "toy": place.toy,
            "end": place.end - 60,
        }
        _alone(place, f"profile-{name}", "profile", spec)


def teachers(place: Place) -> None:
    """The candidates of the ensemble side by side, each for as many epochs as fit."""
    train(place, networks.few(place, networks.TEACHERS))


def targets(place: Place) -> None:
    """Choose the ensemble on PublicTest and keep its answers to every view of the students' recipe."""
    changes = toy_changes(("augment.views",)) if place.toy else ()
    names = [job.name for job in networks.few(place, networks.TEACHERS)]
    _alone(place, "targets", "targets", {"teachers": names, "recipe": "edgefer-s", "changes": changes})


def students(place: Place) -> None:
    """A, B, C and S from the kept answers, each beside itself alone."""
    if not list(place.answers.glob("answers-*.safetensors")):
        raise StepFailed("no answers of the ensemble are there: the step targets makes them")
    train(place, networks.students(place))


def emoxnet(place: Place) -> None:
    """EmoXNet's three networks on FER+, and the mean of their probabilities."""
    jobs = networks.few(place, networks.EMOXNET)
    train(place, jobs, equal=True)
    if place.toy:
        return
    epochs = min(place.read(f"plans/{job.name}.json")["epochs"] for job in jobs)
    command = ["train", "--sweep", "emoxnet", "--set", f"train.epochs={epochs}", "--out", "runs/emoxnet", "--json"]
    codes = together(place, {"emoxnet-ensemble": [sys.executable, "-m", "edgefer", *command]})
    if codes["emoxnet-ensemble"] != 0:
        raise StepFailed(f"the ensemble's figure: {last_line(place, 'emoxnet-ensemble')}")


def emoxnet_lite(place: Place) -> None:
    """EmoXNetLite from them, beside itself alone."""
    if not any((networks.folder_of(place, job) / "best.safetensors").is_file() for job in networks.EMOXNET):
        raise StepFailed("no network of EmoXNet is there: the step emoxnet trains them")
    train(place, networks.lite(place))


def ablation(place: Place) -> None:
    """S without one ingredient of its recipe each."""
    if not place.read("ensemble.json"):
        raise StepFailed("no ensemble is chosen: the step targets does")
    train(place, networks.ablation(place))


def paper_teacher(place: Place) -> None:
    """The first paper's teacher by its own recipe."""
    train(place, networks.PAPER_TEACHER)


def paper_grid(place: Place) -> None:
    """The six students of its Table IV."""
    teacher = networks.PAPER_TEACHER[0]
    if not finished(place, teacher):
        raise StepFailed(f"its teacher is not finished: {progress(place, teacher)}")
    train(place, networks.paper(place))


def _alone(place: Place, name: str, verb: str, spec: dict[str, object]) -> None:
    """One worker process, to its end."""
    code = together(place, {name: worker(verb, json.loads(json.dumps(spec)))})[name]
    if code is None:
        raise Unfinished(last_line(place, name))
    if code != 0:
        raise StepFailed(last_line(place, name))
