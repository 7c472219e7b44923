"""Train the FER2013 ensemble and distil the shipped students on one GPU, in steps that fit a time each.

    python scripts/gpu_campaign.py teachers --seconds 420    the ensemble, side by side on the GPU
    python scripts/gpu_campaign.py targets                   its answers to every view of the students' recipe
    python scripts/gpu_campaign.py students --seconds 480    A, B, C and S, each beside itself without a teacher
    python scripts/gpu_campaign.py pack --out DIR            trimmed weights, logs and targets, ready to keep

Needs a prepared store (edgefer data prepare fer2013 --source fer2013.csv). Each step first times three epochs of every
network with all of them running, then chooses the number of epochs that fills its seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path

TEACHERS = ("fer2013-resemotenet", "fer2013-seresnet-18", "fer2013-seresnet-34", "fer2013-vgg-13")
# name of the run -> recipe and changes
STUDENTS = {
    "edgefer-s": ("edgefer-s", ()),
    "edgefer-s-t1": ("edgefer-s", ("loss.temperature=1.0",)),
    "edgefer-s-t4": ("edgefer-s", ("loss.temperature=4.0",)),
    "edgefer-c": ("edgefer-c", ()),
    "edgefer-c-t1": ("edgefer-c", ("loss.temperature=1.0",)),
    "edgefer-b": ("edgefer-b", ()),
    "edgefer-a": ("edgefer-a", ()),
}
RUNS = Path("runs")


def checkpoints() -> str:
    """The ensemble as a recipe value."""
    return json.dumps([str(RUNS / name / "best.safetensors") for name in TEACHERS])


def command(verb: str, recipe: str, out: Path, changes: tuple[str, ...]) -> list[str]:
    """One edgefer call."""
    sets = [part for change in changes for part in ("--set", change)]
    alone = ["--no-baseline"] if verb == "distill" else []
    return [sys.executable, "-m", "edgefer", verb, recipe, "--out", str(out), *alone, *sets]


def together(jobs: dict[str, list[str]], limit: float) -> None:
    """Run all jobs side by side, each with its log, and stop what is left after `limit` seconds."""
    (RUNS / "logs").mkdir(parents=True, exist_ok=True)
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    running = {}
    for name, job in jobs.items():
        with (RUNS / "logs" / f"{name}.log").open("w") as log:
            running[name] = subprocess.Popen(job, stdout=log, stderr=subprocess.STDOUT, env=environment)
    end = time.monotonic() + limit
    for name, process in running.items():
        try:
            code = process.wait(max(1.0, end - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.terminate()
            code = process.wait()
        tail = (RUNS / "logs" / f"{name}.log").read_text().strip().splitlines()[-2:]
        print(f"{name}: exit {code}: {' | '.join(tail)}", flush=True)


def planned(jobs: dict[str, tuple[str, str, tuple[str, ...]]], seconds: float) -> None:
    """Time three epochs of every job with all of them running, then run each for as many epochs as fit."""
    start = time.monotonic()
    trial = {
        name: command(verb, recipe, RUNS / "trial" / name, (*changes, "train.epochs=3", "train.keep_every=1000"))
        for name, (verb, recipe, changes) in jobs.items()
    }
    together(trial, seconds / 3)
    left = seconds - (time.monotonic() - start) - 20
    real = {}
    for name, (verb, recipe, changes) in jobs.items():
        path = RUNS / "trial" / name / "metrics.jsonl"
        if not path.is_file():
            print(f"{name}: no trial, left out")
            continue
        epoch = min(json.loads(line)["seconds"] for line in path.read_text().splitlines()[1:])
        epochs = max(5, int(left / epoch / 1.12))
        print(f"{name}: {epoch:.2f} s an epoch, {28709 / epoch:,.0f} faces/s beside the others, {epochs} epochs")
        keep = max(1, epochs // 4)
        real[name] = command(
            verb, recipe, RUNS / name, (*changes, f"train.epochs={epochs}", f"train.keep_every={keep}")
        )
    shutil.rmtree(RUNS / "trial")
    together(real, left + 60)


def teachers(arguments: argparse.Namespace) -> None:
    planned({name: ("train", name, ()) for name in TEACHERS}, arguments.seconds)


def targets(_: argparse.Namespace) -> None:
    """Ask the ensemble for every view, so that students side by side find the answers there; print its accuracy."""
    import torch

    from edgefer.data.load import load_faces
    from edgefer.distill.augment import render
    from edgefer.distill.batches import planes
    from edgefer.distill.run import device as training_device
    from edgefer.distill.targets import Targets
    from edgefer.distill.teachers import load_teachers
    from edgefer.recipe import load

    recipe = load("edgefer-s", ("teacher.recipes=[]", f"teacher.checkpoints={checkpoints()}"))
    training, choosing = load_faces("fer2013", "Training"), load_faces("fer2013", "PublicTest")
    device = training_device()
    assert recipe.teacher is not None
    ensemble = load_teachers(recipe.teacher.checkpoints, training.emotions, device)
    labels = torch.from_numpy(choosing.labels.copy())
    logits = torch.cat([ensemble.logits(part.float()) for part in planes(choosing, device).split(512)]).cpu()
    print(f"ensemble: {float((logits.argmax(1) == labels).float().mean()):.2%} on PublicTest, single crop")
    faces = planes(training, device)
    wanted = Targets(ensemble, recipe, training.sha256, faces, bf16=True)
    start = time.monotonic()
    for number in range(recipe.augment.views):
        wanted.of(render(faces, recipe.augment, recipe.train.seed, number), number)
    print(f"{recipe.augment.views} views in {time.monotonic() - start:.0f} s, in {wanted.folder}")


def students(arguments: argparse.Namespace) -> None:
    taught = ("teacher.recipes=[]", f"teacher.checkpoints={checkpoints()}")
    jobs = {name: ("distill", recipe, (*changes, *taught)) for name, (recipe, changes) in STUDENTS.items()}
    # The baseline stands in a run of its own here, so that it trains beside its student and not before it.
    for recipe in dict.fromkeys(recipe for recipe, _ in STUDENTS.values()):
        source = RUNS / "recipes" / f"{recipe}-alone.toml"
        source.parent.mkdir(parents=True, exist_ok=True)
        from edgefer.recipe import load

        source.write_text(load(recipe).alone().to_toml())
        jobs[f"{recipe}-alone"] = ("train", str(source), ())
    planned(jobs, arguments.seconds)


def pack(arguments: argparse.Namespace) -> None:
    """Trimmed weights (A in half precision, for its size), every log and curve, and the kept targets, in 15 MB parts."""
    from edgefer.models.checkpoint import load, save
    from edgefer.models.trim import trim

    out: Path = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    keep = RUNS / "kept"
    shutil.rmtree(keep, ignore_errors=True)
    for name in STUDENTS:
        if not (RUNS / name / "best.safetensors").is_file():
            continue
        network, card = load(RUNS / name / "best.safetensors")
        body = trim(network.body, *card.input.shape)
        trimmed = card.but(trimmed=True, parameters=sum(value.numel() for value in body.parameters()))
        save(keep / f"{name}.safetensors", body.half() if name.startswith("edgefer-a") else body, trimmed)
    with tarfile.open(out / "logs.tar.xz", "w:xz") as bundle:
        for path in sorted(RUNS.rglob("*")):
            if path.is_file() and path.suffix in {".log", ".jsonl", ".toml", ".json"}:
                bundle.add(path)
    folder = Path(os.environ.get("EDGEFER_HOME", Path.home() / ".cache" / "edgefer")) / "targets"
    for name, source in (("students", keep), ("targets", folder)):
        with tarfile.open(RUNS / f"{name}.tar", "w") as bundle:
            bundle.add(source, arcname=name)
        data = (RUNS / f"{name}.tar").read_bytes()
        for part, begin in enumerate(range(0, len(data), 15_000_000)):
            (out / f"{name}.tar.{part}").write_bytes(data[begin : begin + 15_000_000])
    for path in sorted(out.iterdir()):
        print(path.name, path.stat().st_size)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("step", choices=("teachers", "targets", "students", "pack"))
    parser.add_argument("--seconds", type=float, default=420)
    parser.add_argument("--out", type=Path, default=Path("campaign"))
    arguments = parser.parse_args()
    {"teachers": teachers, "targets": targets, "students": students, "pack": pack}[arguments.step](arguments)


if __name__ == "__main__":
    main()
