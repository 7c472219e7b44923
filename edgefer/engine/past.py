"""How long builds took, so that the next one of the same kind can say how long it will take.

One small file in the cache folder. It is a convenience: missing, damaged or not writable, nothing is foretold.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgefer.card import Precision
from edgefer.engine.parts import MEASURING
from edgefer.errors import ArtifactError
from edgefer.paths import cache_dir, write_text
from edgefer.trt.flavour import Flavour

FILE = "builds.json"
_FORMAT = 1
# More kinds of builds than anybody has; the oldest are forgotten first.
_KINDS = 200

Seconds = Annotated[float, Field(ge=0, le=1e6)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


class Compiled(_Frozen):
    """One compilation: how long it took, and how far into it each phase of TensorRT's began for the first time."""

    seconds: Seconds
    marks: dict[str, Seconds] = Field(default_factory=dict)


class Past(_Frozen):
    """One build. parts: how long each took, in order."""

    parts: dict[str, Seconds]
    compiled: Compiled

    def seconds(self, measured: bool) -> float:
        """All parts together, with or without measuring accuracy."""
        return sum(seconds for name, seconds in self.parts.items() if measured or name != MEASURING)


def kind_of(architecture: str, precision: Precision, flavour: Flavour, targets: Sequence[str]) -> str:
    """What builds that take about as long have in common, such as `mini-resemotenet-c int8 tensorrt_rtx 4 targets`."""
    return f"{architecture} {precision.value} {flavour.name} {len(targets)} target{'s' * (len(targets) > 1)}"


def recall(kind: str) -> Past | None:
    """The last build of a kind; None when there was none, or it cannot be read."""
    try:
        return Past.model_validate(_read()[kind])
    except (KeyError, ValidationError):
        return None


def remember(kind: str, past: Past) -> None:
    """Keep a build as the last of its kind; does nothing where the cache folder cannot be written."""
    builds = {name: value for name, value in _read().items() if name != kind}
    kept = {**dict(list(builds.items())[-_KINDS + 1 :]), kind: past.model_dump(mode="json")}
    try:
        write_text(_path(), json.dumps({"format": _FORMAT, "builds": kept}, indent=1) + "\n")
    except ArtifactError:
        return


def _path() -> Path:
    return cache_dir() / FILE


def _read() -> dict[str, Any]:
    try:
        values = json.loads(_path().read_bytes())
        builds = values["builds"] if values["format"] == _FORMAT else {}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}
    return builds if isinstance(builds, dict) else {}
