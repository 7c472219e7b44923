"""The steps in order of value, and how they are run: what each needs and may take is data."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from campaign import machine, training
from campaign.place import Place, StepFailed, Unfinished
from campaign.results import write_results

STATE = "state.json"
LONGEST = 540  # seconds: what a call may take on a machine that is lent for ten minutes at a time
DONE, FAILED, UNFINISHED = "done", "failed", "unfinished"


@dataclass(frozen=True)
class Step:
    """One step. seconds: what it is given at most. least: with less it is not begun. needs: steps that must be done."""

    name: str
    work: Callable[[Place], None]
    seconds: int
    least: int
    needs: tuple[str, ...] = ()
    makes: str = ""


STEPS = (
    Step("environment", machine.environment, 60, 5, makes="environment.json"),
    Step("data", machine.data, 90, 10, makes="data.json and the stores"),
    Step("profile", training.profile, 110, 60, ("data",), "profile/"),
    Step("teachers", training.teachers, 400, 90, ("data",), "runs/fer2013-*"),
    Step("targets", training.targets, 180, 30, ("data",), "ensemble.json, answers/"),
    Step("students", training.students, 420, 90, ("targets",), "runs/edgefer-*"),
    Step("tensorrt", machine.tensorrt, 120, 40, makes="tensorrt/"),
    Step("gpu-tests", machine.gpu_tests, 60, 20, makes="gpu-tests.json"),
    Step("benchmark", machine.benchmark, LONGEST, 60, makes="benchmark/"),
    Step("ablation", training.ablation, 300, 60, ("targets",), "runs/ablation-*"),
    Step("emoxnet", training.emoxnet, 240, 60, ("data",), "runs/emoxnet/"),
    Step("emoxnet-lite", training.emoxnet_lite, 120, 40, ("emoxnet",), "runs/emoxnet-lite*"),
    Step("paper-teacher", training.paper_teacher, LONGEST, 40, ("data",), "runs/paper-table-4/resemotenet"),
    Step("paper-grid", training.paper_grid, LONGEST, 40, ("paper-teacher",), "runs/paper-table-4/"),
)
NAMES = tuple(step.name for step in STEPS)


def run(place: Place, seconds: float, wanted: Sequence[str] = NAMES) -> bool:
    """Run the wanted steps that are not done, in order, within `seconds`; True when all of them are done.

    A failing step does not stop the rest, nor does one whose time is over. The table of results is written last.
    """
    end = time.time() + seconds
    # At the end results are read off the runs, which takes seconds.
    spare = 2.0 if place.toy else 15.0
    for step in STEPS:
        state = place.read(STATE, {})
        if step.name not in wanted or state.get(step.name, {}).get("status") == DONE:
            continue
        left = end - time.time() - spare
        if lacking := [need for need in step.needs if state.get(need, {}).get("status") != DONE]:
            _note(place, step, "waiting", 0.0, f"needs {', '.join(lacking)}")
        elif left < (2 if place.toy else step.least):
            _note(place, step, "waiting", 0.0, f"{left:.0f} s were left, it takes {step.least} or more")
        else:
            _run_one(replace(place, end=time.time() + min(left, step.seconds, LONGEST)), step)
    write_results(place, [step.name for step in STEPS])
    state = place.read(STATE, {})
    return all(state.get(name, {}).get("status") == DONE for name in wanted)


def carried(place: Place, names: Sequence[str], words: str) -> None:
    """Note steps as done whose work came from another machine."""
    state = place.read(STATE, {})
    state |= {name: {"status": DONE, "seconds": 0.0, "words": words} for name in names}
    place.write(STATE, state)


def _run_one(place: Place, step: Step) -> None:
    print(f"{step.name}: {place.left:.0f} s at most", flush=True)
    begin = time.time()
    # A campaign that is killed in it goes on with it.
    _note(place, step, UNFINISHED, 0.0, "begun")
    try:
        step.work(place)
        status, words = DONE, ""
    except Unfinished as error:
        status, words = UNFINISHED, str(error)
    except StepFailed as error:
        status, words = FAILED, str(error)
    except Exception as error:  # noqa: BLE001  no step stops the rest
        status, words = FAILED, f"{type(error).__name__}: {error}"
        place.logs.mkdir(parents=True, exist_ok=True)
        (place.logs / f"{step.name}-error.log").write_text(traceback.format_exc(), encoding="utf-8")
    _note(place, step, status, time.time() - begin, words)
    print(f"{step.name}: {status} after {time.time() - begin:.0f} s{': ' if words else ''}{words}", flush=True)


def _note(place: Place, step: Step, status: str, seconds: float, words: str) -> None:
    state = place.read(STATE, {})
    before = state.get(step.name, {})
    if status == "waiting" and before.get("status") in (FAILED, UNFINISHED):
        return
    spent = round(before.get("seconds", 0.0) + seconds, 1)
    state[step.name] = {"status": status, "seconds": spent, "words": words}
    place.write(STATE, state)
