"""Where a campaign is: its folder, what is written there, and how much time is left."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent.parent


@dataclass(frozen=True)
class Place:
    """One campaign.

    work: its folder, which holds everything and is all that it needs to go on. toy: everything tiny, on drawn faces.
    end: when the running step must be over, by `time.time()`.
    """

    work: Path
    toy: bool = False
    end: float = field(default=float("inf"))

    @property
    def left(self) -> float:
        """Seconds that the running step still has."""
        return self.end - time.time()

    @property
    def runs(self) -> Path:
        """The folder of a step's runs, logs and whatever it makes."""
        return self.work / "runs"

    @property
    def logs(self) -> Path:
        """One log a process."""
        return self.work / "logs"

    @property
    def answers(self) -> Path:
        """The ensemble's kept answers."""
        return self.work / "answers"

    def environment(self) -> dict[str, str]:
        """For every process that is started: this checkout's edgefer, the campaign's own cache, one core a process."""
        paths = [str(ROOT), str(ROOT / "scripts"), os.environ.get("PYTHONPATH", "")]
        own = {"EDGEFER_HOME": str(self.work / "home"), "PYTHONPATH": os.pathsep.join(filter(None, paths))}
        return os.environ | own | {"OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}

    def read(self, name: str, default: Any = None) -> Any:
        """A JSON file of the campaign's; `default` where it is not there yet or cut."""
        try:
            return json.loads((self.work / name).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return default

    def write(self, name: str, values: Any) -> None:
        """Write a JSON file, whole or not at all."""
        file = self.work / name
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary = file.with_name(f".{file.name}.new")
        temporary.write_text(json.dumps(values, indent=2) + "\n", encoding="utf-8")
        temporary.replace(file)


class StepFailed(Exception):
    """A step could not do its work; the text says why, in one line. The others go on."""


class Unfinished(Exception):
    """A step's time was over before its work was; the same command goes on with it."""
