"""A candidate inside its own process: opened, fed with fixed faces, timed, its memory read."""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.benchmark import memory, timing
from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.data.preprocess import network_input, resize
from edgefer.runtime.session import Array, Session

# What each kind imports before its first model: timed as import, and counted in the idle memory, not in the model's.
_LIBRARIES: dict[Kind, tuple[str, ...]] = {
    Kind.TORCH: ("torch", "safetensors.torch", "edgefer.models.checkpoint", "edgefer.runtime.torch"),
    Kind.ONNXRUNTIME: ("onnx", "onnxruntime", "edgefer.runtime.onnx"),
    Kind.ENGINE: ("edgefer.runtime.engine",),
    Kind.FACTORY: (),
}


class Subject:
    """An open candidate. `faces` is a .npy of uint8 faces, `[N, H, W]` or `[N, H, W, 3]`, N at least 1."""

    def __init__(self, candidate: Candidate, faces: Path) -> None:
        self._faces = np.load(faces)
        # Resizing loads OpenCV; do it now, so that the idle reading holds it.
        resize(self._faces[0], 24, 24)
        begin = time.perf_counter()
        for library in _libraries(candidate):
            _import(library)
        imported = time.perf_counter()
        self.peak_is_own = memory.reset_peak()
        self.idle = memory.read()
        opening = time.perf_counter()
        self._session = _open(candidate)
        opened = time.perf_counter()
        pixels = self._pixels(1)
        answering = time.perf_counter()
        self._session.infer(pixels)
        answered = time.perf_counter()
        self._calls: dict[int, Callable[[], Array]] = {1: partial(self._session.infer, pixels)}
        self.seconds = {"import": imported - begin, "load": opened - opening, "first": answered - answering}

    def about(self) -> dict[str, Any]:
        """Card, backend, start-up seconds and idle memory, as JSON values."""
        return {
            "card": self._session.card.model_dump(mode="json"),
            "backend": self._session.backend,
            "seconds": self.seconds,
            "idle": self.idle,
        }

    def warm_up(self, batch: int, seconds: float) -> dict[str, int]:
        """Run for a while and read the memory, bytes by method."""
        timing.warm_up(self._call(batch), seconds)
        readings = memory.read()
        if not self.peak_is_own:
            readings.pop("peak RSS", None)
        return readings

    def measure(self, batch: int, warm: float, seconds: float, at_least: int) -> list[int]:
        """Nanoseconds of each call, after `warm` seconds of calls that are not counted."""
        call = self._call(batch)
        timing.warm_up(call, warm)
        return timing.measure(call, seconds, at_least)

    def _call(self, batch: int) -> Callable[[], Array]:
        if batch not in self._calls:
            self._calls[batch] = partial(self._session.infer, self._pixels(batch))
        return self._calls[batch]

    def _pixels(self, batch: int) -> Array:
        """The first faces, repeated when there are fewer than the batch holds."""
        return network_input(self._faces[np.arange(batch) % len(self._faces)], self._session.card.input)


def _libraries(candidate: Candidate) -> tuple[str, ...]:
    flavour = candidate.card.engine.flavour if candidate.card and candidate.card.engine else None
    return _LIBRARIES[candidate.kind] + ((flavour,) if flavour and candidate.kind is Kind.ENGINE else ())


def _import(library: str) -> None:
    try:
        importlib.import_module(library)
    except ImportError:
        # Opening the candidate says which library is missing and how to get it.
        return


def _open(candidate: Candidate) -> Session:
    if candidate.kind is Kind.FACTORY:
        module, _, function = candidate.target.partition(":")
        session: Session = getattr(importlib.import_module(module), function)()
        return session
    from edgefer.runtime.open import open_session

    return open_session(Path(candidate.target), threads=candidate.threads, trust=candidate.trust)
