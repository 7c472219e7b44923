"""A candidate inside its own process: opened, fed with fixed faces, timed, its memory and energy read."""

from __future__ import annotations

import importlib
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from edgefer.benchmark import energy, memory, timing
from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.energy import Energy
from edgefer.benchmark.opening import open_candidate
from edgefer.data.preprocess import network_input, resize
from edgefer.errors import BackendError
from edgefer.runtime.session import Array, PartTimes
from edgefer.trt import waiting

# What each kind imports before its first model: timed as import, and counted in the idle memory, not in the model's.
_LIBRARIES: dict[Kind, tuple[str, ...]] = {
    Kind.TORCH: ("torch", "safetensors.torch", "edgefer.models.checkpoint", "edgefer.runtime.torch"),
    Kind.ONNXRUNTIME: ("onnx", "onnxruntime", "edgefer.runtime.onnx"),
    Kind.ENGINE: ("edgefer.runtime.engine",),
    Kind.FACTORY: (),
}
# Seconds at rest that tell what the hardware draws without work.
_REST = 0.5
# The same pixels must give the same logits; kernels that add in any order differ by less than this share of the largest.
_SAME = 0.05


class Subject:
    """An open candidate.

    faces: a .npy of uint8 faces, `[N, H, W]` or `[N, H, W, 3]`, N at least 1. largest: the most faces that are given at
    once. importing: seconds that the process spent on imports before.
    """

    def __init__(self, candidate: Candidate, faces: Path, largest: int = 1, importing: float = 0.0) -> None:
        self._candidate, self._largest = candidate, largest
        self._faces = np.load(faces)
        # Resizing loads OpenCV; do it now, so that the idle reading holds it.
        resize(self._faces[0], 24, 24)
        begin = time.perf_counter()
        for library in _libraries(candidate):
            _import(library)
        imported = time.perf_counter()
        self.peak_is_own = memory.settle()
        self.idle = memory.read()
        opening = time.perf_counter()
        self._session = open_candidate(candidate)
        opened = time.perf_counter()
        if self._session.place != "cpu":
            # All rows of a GPU wait for it in the same way.
            waiting.wait_spinning()
        pixels = self._pixels(1)
        answering = time.perf_counter()
        first = self._session.infer(pixels)
        answered = time.perf_counter()
        self._inputs: dict[int, Array] = {1: pixels}
        self._answers: dict[int, Array] = {}
        self._check(1, first)
        self.seconds = {
            "import": importing + imported - begin,
            "load": opened - opening,
            "first": answered - answering,
            "compile": self._session.compile_seconds,
        }

    def about(self) -> dict[str, Any]:
        """Card, backend, setup, sizes, start-up seconds and idle memory, as JSON values."""
        session = self._session
        on_gpu = session.place != "cpu"
        return {
            "card": session.card.model_dump(mode="json"),
            "backend": session.backend,
            "setup": {
                "device": session.place,
                "threads": self._candidate.threads,
                "precision": session.arithmetic,
                "cuda_graph": session.cuda_graph,
                "transfers": on_gpu,
                "spin_wait": on_gpu and bool(waiting.spins()),
                "compiled": session.compiled,
            },
            "sizes": {
                "weights_bytes": session.weights_bytes,
                "activation_bytes": session.activation_bytes,
                "io_bytes": session.io_bytes(self._largest),
            },
            "seconds": self.seconds,
            "idle": self.idle,
        }

    def warm_up(self, batch: int, seconds: float) -> dict[str, int]:
        """Run for a while and read the memory, bytes by method."""
        self._warm_up(batch, seconds)
        readings = memory.read()
        if not self.peak_is_own:
            readings.pop("peak RSS", None)
        return readings

    def measure(self, batch: int, warm: float, seconds: float, at_least: int, limit: float) -> list[int]:
        """Nanoseconds of each call, after `warm` seconds of calls that are not counted; as `timing.measure`."""
        self._warm_up(batch, warm)
        return timing.measure(self._call(batch), seconds, at_least, limit)

    def parts(self, batch: int, at_least: int, limit: float) -> tuple[list[PartTimes], float]:
        """Where the time of `at_least` more calls went, fewer after `limit` seconds, and the seconds of all together.

        Nothing where that is not known.
        """
        pixels = self._input(batch)
        found: list[PartTimes] = []
        begin = time.perf_counter()
        while len(found) < at_least and (not found or time.perf_counter() < begin + limit):
            times = self._session.parts(pixels)
            if times is None:
                break
            found.append(times)
        return found, time.perf_counter() - begin

    def energy(self, batch: int, seconds: float) -> Energy:
        """What `seconds` of calls draw, after a rest."""
        return energy.measure(lambda: batch * timing.warm_up(self._call(batch), seconds), self._session.place, _REST)

    def check(self, batch: int) -> None:
        """Raise BackendError when one more answer is not what it was at first."""
        self._check(batch, self._session.infer(self._input(batch)))

    def _warm_up(self, batch: int, seconds: float) -> None:
        call, answers = self._call(batch), deque[Array](maxlen=1)
        timing.warm_up(lambda: answers.append(call()), seconds)
        self._check(batch, answers[0])

    def _check(self, batch: int, answer: Array) -> None:
        if not np.isfinite(answer).all():
            raise BackendError(f"its answers at batch {batch} hold NaN or infinity", "it is not measured")
        known = self._answers.setdefault(batch, answer.copy())
        apart = float(np.abs(answer - known).max()) if answer.shape == known.shape else float("inf")
        if apart > _SAME * max(float(np.abs(known).max()), 1e-6):
            raise BackendError(
                f"its answers to the same faces change from call to call, by up to {apart:.3g} at batch {batch}",
                "it is not measured",
            )

    def _call(self, batch: int) -> Callable[[], Array]:
        return partial(self._session.infer, self._input(batch))

    def _input(self, batch: int) -> Array:
        if batch not in self._inputs:
            self._inputs[batch] = self._pixels(batch)
        return self._inputs[batch]

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
