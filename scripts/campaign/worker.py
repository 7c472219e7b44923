"""One process of a campaign: `python -m campaign.worker VERB JSON`, in the campaign's folder. Ends with its parent."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

RUNS, PLANS = Path("runs"), Path("plans")
_TRIAL = 3  # epochs: the first one compiles, captures and chooses kernels


def main() -> None:
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    verb, spec = sys.argv[1], json.loads(sys.argv[2])
    from edgefer.errors import EdgeferError, Interrupted

    try:
        VERBS[verb](spec)
    except Interrupted as error:
        print(f"stopped: {error}", flush=True)
        sys.exit(130)
    except EdgeferError as error:
        print(f"error: {error}", flush=True)
        sys.exit(1)


def train(spec: dict[str, Any]) -> None:
    """Plan a job's epochs by a trial, unless that was done before, and train it, going on where it stopped."""
    from edgefer.distill.run import distill_recipe, train_recipe

    recipe, out = job_recipe(spec), RUNS / spec["group"] / spec["name"]
    plan = PLANS / f"{spec['name']}.json"
    if not plan.is_file():
        values = _plan(spec, recipe)
        plan.parent.mkdir(exist_ok=True)
        plan.write_text(json.dumps(values) + "\n", encoding="utf-8")
    planned = json.loads(plan.read_text(encoding="utf-8"))
    if spec["equal"]:
        planned |= _slowest(spec)
    section = recipe.train.model_copy(update={name: planned[name] for name in ("epochs", "keep_every")})
    recipe = recipe.model_copy(update={"train": section})
    alone = recipe.teacher is None
    run = train_recipe(recipe, out, True) if alone else distill_recipe(recipe, out, True, False).student
    _record(out, run, planned)
    print(f"{spec['name']}: {run.accuracy:.2%} after {len(run.history)} epochs")


def _record(out: Path, run: Any, planned: dict[str, Any]) -> None:
    """`record.json` beside a run, as docs/training keeps it, with what it is traced to."""
    try:
        machine = json.loads(Path("environment.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        machine = {}
    values = {
        "gpu": machine.get("gpu", ""),
        "cpu": machine.get("cpu", ""),
        "python": machine.get("python", ""),
        "torch": machine.get("libraries", {}).get("torch", ""),
        "commit": machine.get("commit", ""),
        "seconds": round(sum(epoch.seconds for epoch in run.history)),
        "faces_per_second": planned.get("faces_per_second"),
        "card": run.card.model_dump(mode="json"),
    }
    (out / "record.json").write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")


def job_recipe(spec: dict[str, Any]) -> Any:
    """A job's recipe, under the job's name."""
    from edgefer.recipe import load

    recipe = load(spec["recipe"], spec["changes"])
    recipe = recipe.alone() if spec["alone"] else recipe
    return recipe.model_copy(update={"name": spec["name"]})


def _plan(spec: dict[str, Any], recipe: Any) -> dict[str, Any]:
    """As many epochs as fit the time that is left, by the quickest of a trial's; the recipe's where it names them."""
    if spec["epochs"] == -1:
        return {"epochs": recipe.train.epochs, "keep_every": 1}
    if spec["epochs"]:
        return {"epochs": spec["epochs"], "keep_every": 1}
    from edgefer.distill.run import faces_of, open_teachers, taught_by
    from edgefer.distill.trainer import train as run_training

    faces = faces_of(recipe)
    section = recipe.train.model_copy(update={"epochs": _TRIAL, "keep_every": 1000})
    short = recipe.model_copy(update={"train": section, "name": f"trial-{recipe.name}"})
    teachers = open_teachers(short, taught_by(short, ()), faces) if short.teacher is not None else None
    run = run_training(short, faces.training, faces.choosing, RUNS / "trial" / spec["name"], teachers)
    seconds = min(line.seconds for line in run.history[1:])
    left = spec["end"] - time.time()
    # A tenth for what others do meanwhile, and for the figures at the end.
    epochs = max(5, min(int(left / seconds / 1.15), 600))
    rate = len(faces.training) / seconds
    print(f"{spec['name']}: {seconds:.2f} s an epoch, {rate:,.0f} faces/s beside the others: {epochs} epochs")
    return {
        "epochs": epochs,
        "keep_every": max(1, min(epochs // 6, int(20 / seconds))),
        "trial_seconds": seconds,
        "faces_per_second": rate,
    }


def _slowest(spec: dict[str, Any]) -> dict[str, Any]:
    """The fewest epochs that a job of the group planned, once all of them have."""
    names = spec["equal"]
    while not all((PLANS / f"{name}.json").is_file() for name in names) and time.time() < spec["end"]:
        time.sleep(0.2)
    plans = [PLANS / f"{name}.json" for name in names]
    epochs = min(json.loads(path.read_text(encoding="utf-8"))["epochs"] for path in plans if path.is_file())
    return {"epochs": epochs}


def targets(spec: dict[str, Any]) -> None:
    from campaign.ensemble import make

    make(spec)


def profile(spec: dict[str, Any]) -> None:
    from campaign.profiling import measure

    measure(spec)


def tensorrt(spec: dict[str, Any]) -> None:
    from campaign.tensorrt import try_engine

    try_engine(spec)


def _end_with(parent: int) -> None:
    """A campaign that was killed leaves no process behind that holds the GPU."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)


VERBS = {"train": train, "targets": targets, "profile": profile, "tensorrt": tensorrt}

if __name__ == "__main__":
    main()
