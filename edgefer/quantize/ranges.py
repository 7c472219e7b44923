"""Ranges of a network's activations over a calibration set: measured once, then good for any number of INT8 files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np

from edgefer.console import Step
from edgefer.errors import ArtifactError, BuildError
from edgefer.quantize.calibration import CalibrationSet
from edgefer.runtime.session import Array

_BATCH = 32


class Method(str, Enum):
    """How the range of an activation follows from its values over the calibration faces."""

    MINMAX = "minmax"


DEFAULT = Method.MINMAX


@dataclass(frozen=True)
class Ranges:
    """The range of each activation: `bounds` by tensor name, (lowest, highest), lowest <= 0 <= highest."""

    method: Method
    bounds: Mapping[str, tuple[float, float]]

    def __post_init__(self) -> None:
        for name, (low, high) in self.bounds.items():
            if not (np.isfinite((low, high)).all() and low <= 0 <= high):
                raise BuildError(f"{name} has the range {low:g} to {high:g}", "train or export the model again")

    def peak(self, name: str) -> float:
        """The largest magnitude of an activation; ArtifactError when it was not measured."""
        low, high = self[name]
        return max(-low, high)

    def __getitem__(self, name: str) -> tuple[float, float]:
        if name not in self.bounds:
            raise ArtifactError(f"the range of {name} was not measured", "measure the ranges on the same ONNX file")
        return self.bounds[name]

    @property
    def how(self) -> str:
        """The method in words, as a card tells it."""
        return self.method.value


def measure(
    model: Any, tensors: Iterable[str], calibration: CalibrationSet, step: Step, method: Method = DEFAULT
) -> Ranges:
    """Run a float32 ONNX model (onnx.ModelProto) over a calibration set and derive the range of each of `tensors`.

    `step(faces, "")` is called after each batch. Raises BuildError for values that are not finite.
    """
    names = sorted(set(tensors))
    low, high = np.zeros(len(names), np.float32), np.zeros(len(names), np.float32)
    for values in _activations(model, names, calibration):
        low = np.minimum(low, [value.min() for value in values])
        high = np.maximum(high, [value.max() for value in values])
        step(len(values[0]), "")
    return Ranges(method, dict(zip(names, zip(low.tolist(), high.tolist(), strict=True), strict=True)))


def _activations(model: Any, names: list[str], calibration: CalibrationSet) -> Iterator[list[Array]]:
    """The values of tensors, a batch at a time, by a copy of the model that has them as outputs."""
    import onnx
    import onnxruntime as ort

    pixels = model.graph.input[0].name
    inner = [name for name in names if name != pixels]
    copy = onnx.ModelProto()
    copy.CopyFrom(model)
    del copy.graph.output[:]
    copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in inner)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    session = ort.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
    for batch in calibration.batches(_BATCH):
        found = dict(zip(inner, session.run(inner, {pixels: batch}), strict=True)) if inner else {}
        yield [found.get(name, batch) for name in names]
