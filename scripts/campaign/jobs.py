"""Trainings side by side on one GPU, each a process with a log, stopped together when their time is over."""

from __future__ import annotations

import contextlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from campaign.place import Place, StepFailed, Unfinished

# What makes a recipe take seconds on a CPU: drawn faces, the smallest network, two views.
TOY = (
    "data.source=demo", "data.limit=48", "model.architecture=mini-resemotenet-c", "model.size=24", "model.channels=1",
    "train.batch=16", "train.epochs=1", "schedule.warmup=0",
)  # fmt: skip
_GRACE = 12.0


@dataclass(frozen=True)
class Job:
    """One training: a recipe with changes, under a name of its own.

    epochs: how many, 0 for as many as fit the step's time, -1 for those of the recipe. alone: without its teacher.
    """

    name: str
    recipe: str
    changes: tuple[str, ...] = ()
    epochs: int = 0
    alone: bool = False
    group: str = ""

    @property
    def folder(self) -> str:
        """Where its run is, below the campaign's `runs`."""
        return f"{self.group}/{self.name}" if self.group else self.name


def train(place: Place, jobs: Sequence[Job], equal: bool = False) -> None:
    """Run all jobs that are not finished side by side. equal: all of them by as many epochs as the slowest can.

    Raises Unfinished when time was over first, StepFailed when a job failed and none is left to go on.
    """
    waiting = [job for job in jobs if not finished(place, job)]
    names = [job.name for job in jobs] if equal else []
    specs = {job.name: _spec(place, job, names) for job in waiting}
    codes = together(place, {name: worker("train", spec) for name, spec in specs.items()})
    failed = [name for name, code in codes.items() if code not in (0, None, 130, -signal.SIGINT)]
    if any(not finished(place, job) for job in waiting if job.name not in failed):
        raise Unfinished(", ".join(progress(place, job) for job in waiting if not finished(place, job)))
    if failed:
        raise StepFailed("; ".join(f"{name}: {last_line(place, name)}" for name in failed))


def worker(verb: str, spec: Any) -> list[str]:
    """The command of a worker process (campaign/worker.py)."""
    return [sys.executable, "-m", "campaign.worker", verb, json.dumps(spec)]


def together(place: Place, commands: dict[str, list[str]]) -> dict[str, int | None]:
    """Run commands side by side in the campaign's folder and stop what is left at the end; their exit codes.

    None for one that had to be stopped. Each log is added to, so that a run that went on has one log.
    """
    place.logs.mkdir(parents=True, exist_ok=True)
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        for name, command in commands.items():
            with (place.logs / f"{name}.log").open("ab") as log:
                running[name] = subprocess.Popen(
                    command, stdout=log, stderr=subprocess.STDOUT, cwd=place.work, env=place.environment()
                )
        codes: dict[str, int | None] = {}
        for name, process in running.items():
            try:
                codes[name] = process.wait(max(0.1, min(place.left - _GRACE, 1e6)))
            except subprocess.TimeoutExpired:  # noqa: PERF203
                codes[name] = None
        return codes
    finally:
        stop(running.values())
        for name, process in running.items():
            print(f"  {name}: exit {process.returncode}: {last_line(place, name)}", flush=True)


def stop(processes: Iterable[subprocess.Popen[bytes]]) -> None:
    """Ctrl-C for all that still run, and the end for those that do not take it."""
    left = [process for process in processes if process.poll() is None]
    for process in left:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)
    end = time.monotonic() + _GRACE - 2
    for process in left:
        try:
            process.wait(max(0.1, end - time.monotonic()))
        except subprocess.TimeoutExpired:  # noqa: PERF203
            process.kill()
            process.wait()


def finished(place: Place, job: Job) -> bool:
    """Whether a job's run reached its last epoch."""
    return (place.runs / job.folder / "finished.json").is_file()


def history(folder: Path) -> list[dict[str, Any]]:
    """A run's epochs so far."""
    try:
        return [json.loads(line) for line in (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError):
        return []


def progress(place: Place, job: Job) -> str:
    """How far a job is, in words."""
    epochs = place.read(f"plans/{job.name}.json", {}).get("epochs", "?")
    return f"{job.name} {len(history(place.runs / job.folder))} of {epochs} epochs"


def last_line(place: Place, name: str) -> str:
    """The last words of a process."""
    try:
        lines = (place.logs / f"{name}.log").read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return ""
    return lines[-1][:300] if lines else ""


def _spec(place: Place, job: Job, equal: list[str]) -> dict[str, Any]:
    changes = (*job.changes, *toy_changes(job.changes)) if place.toy else job.changes
    epochs = 1 if place.toy else job.epochs
    return asdict(job) | {"changes": changes, "epochs": epochs, "end": place.end - _GRACE - 6, "equal": equal}


def toy_changes(changes: Sequence[str]) -> tuple[str, ...]:
    """What a toy run changes besides, but for `augment.views`, which only a recipe with views has."""
    views = (
        ("augment.views=2",)
        if any(change.startswith(("teacher.answers", "augment.views")) for change in changes)
        else ()
    )
    return (*TOY, *views)
