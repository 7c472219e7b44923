"""The parts of a Dockerfile that edgefer's own uses, read into steps, so that it can be run and tested without Docker."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

WORDS = ("FROM", "RUN", "COPY", "ENV", "USER", "WORKDIR", "ENTRYPOINT", "CMD")


@dataclass(frozen=True)
class Step:
    """One instruction: its word, what follows it on one line, and the number of its first line."""

    word: str
    rest: str
    line: int

    @property
    def words(self) -> list[str]:
        """What follows as words: a JSON list in the form of ENTRYPOINT, else as a shell splits it."""
        return json.loads(self.rest) if self.rest.startswith("[") else shlex.split(self.rest)


@dataclass(frozen=True)
class Stage:
    """What stands between one FROM and the next. `base` is an image or the name of an earlier stage."""

    name: str
    base: str
    steps: tuple[Step, ...]


def read(path: Path) -> dict[str, Stage]:
    """The stages of a Dockerfile by name, in its order. ValueError for what the file should not have."""
    stages: dict[str, Stage] = {}
    for step in _steps(path.read_text(encoding="utf-8")):
        if step.word == "FROM":
            found = re.fullmatch(r"(\S+) AS (\S+)", step.rest)
            if found is None:
                raise ValueError(f"line {step.line}: a stage without a name: {step.rest}")
            name = found[2]
            stages[name] = Stage(name, found[1], ())
        elif step.word not in WORDS or not stages:
            raise ValueError(f"line {step.line}: {step.word} is not expected here")
        else:
            stages[name] = Stage(name, stages[name].base, (*stages[name].steps, step))
    return stages


def needed(stages: dict[str, Stage], target: str) -> list[Stage]:
    """The stages that a target is made of, each after those that it needs."""
    stage = stages[target]
    copied = [
        found[1] for step in stage.steps if (found := re.match(r"--from=(\S+)", step.rest)) and found[1] in stages
    ]
    order: list[Stage] = []
    for name in (stage.base, *copied):
        if name in stages:
            order += [other for other in needed(stages, name) if other not in order]
    return [*order, stage]


def _steps(text: str) -> list[Step]:
    steps, start, held = [], 0, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        start = start if held else number
        held += line.strip()
        if held.endswith("\\"):
            held = held[:-1].rstrip() + " "
            continue
        word, _, rest = held.partition(" ")
        steps.append(Step(word, rest.strip(), start))
        held = ""
    if held:
        raise ValueError(f"line {start}: the file ends in the middle of a step")
    return steps
