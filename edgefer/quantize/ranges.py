"""Ranges of a network's activations over a calibration set: measured once, then good for any number of INT8 files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgefer.console import Step, progress
from edgefer.errors import ArtifactError, BuildError, UsageError
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.method import DEFAULT, PERCENTILE, TRAINING, Method
from edgefer.quantize.thresholds import BINS, Counts, count_magnitudes, entropy_share, percentile_share
from edgefer.runtime.session import Array

_BATCH = 32

Bounds = Mapping[str, tuple[float, float]]


@dataclass(frozen=True)
class Ranges:
    """The range of each activation: `bounds` by tensor name, (lowest, highest), lowest <= 0 <= highest.

    percentile: in percent, where the method has one. method: None where training learned them (`quantize/learned.py`);
    then weights has the scales of stored weights by name, float32 `[O]`.
    """

    method: Method | None
    bounds: Bounds
    percentile: float | None = None
    weights: Mapping[str, Array] = field(default_factory=dict)

    def __getitem__(self, name: str) -> tuple[float, float]:
        if name not in self.bounds:
            raise ArtifactError(f"the range of {name} was not measured", "measure the ranges on the same ONNX file")
        return self.bounds[name]

    def peak(self, name: str) -> float:
        """The largest magnitude of an activation; ArtifactError when it was not measured."""
        low, high = self[name]
        return max(-low, high)

    @property
    def how(self) -> str:
        """The method in words, such as `percentile 99.99`, as a card tells it."""
        if self.method is None:
            return TRAINING
        return self.method.value if self.percentile is None else f"{self.method.value} {self.percentile:g}"


def passes(method: Method) -> int:
    """How often a method looks at the calibration set."""
    return 1 if method is Method.MINMAX else 2


def measure(
    model: Any,
    tensors: Iterable[str],
    calibration: CalibrationSet,
    step: Step | None = None,
    method: Method = DEFAULT,
    percentile: float = PERCENTILE,
) -> Ranges:
    """Run a float32 ONNX model (onnx.ModelProto) over a calibration set and derive the range of each of `tensors`.

    The first pass finds the extremes; for the other methods than minmax a second one counts magnitudes, and the range
    is cut where the method says, on both sides alike. One batch of activations is in memory at once.
    `step(faces, "")` is called after each batch, `passes(method)` times over the set; None shows a progress of its own.
    Raises UsageError for an impossible percentile, BuildError for activations that are not finite.
    """
    if not 50 <= percentile <= 100:
        raise UsageError(f"a percentile of {percentile:g} is not possible", "use one from 50 to 100, such as 99.99")
    if step is None:
        with progress("calibrating", passes(method) * len(calibration)) as own:
            return measure(model, tensors, calibration, own, method, percentile)
    names = sorted(set(tensors))
    run = _Activations(model, names, calibration)
    bounds = _extremes(run, names, step)
    if method is Method.MINMAX:
        return Ranges(method, bounds)
    cut = {}
    for name, counts in _histograms(run, bounds, step).items():
        share = entropy_share(counts) if method is Method.ENTROPY else percentile_share(counts, percentile)
        low, high = bounds[name]
        most = share * max(-low, high)
        cut[name] = (max(low, -most), min(high, most))
    return Ranges(method, cut, percentile if method is Method.PERCENTILE else None)


def _extremes(run: _Activations, names: list[str], step: Step) -> dict[str, tuple[float, float]]:
    """Lowest and highest value of each tensor; 0 always counts as seen."""
    low, high = np.zeros(len(names), np.float32), np.zeros(len(names), np.float32)
    for batch in run:
        low = np.minimum(low, [values.min() for values in batch])
        high = np.maximum(high, [values.max() for values in batch])
        step(len(batch[0]), "")
    for name, least, most in zip(names, low, high, strict=True):
        if not (np.isfinite(least) and np.isfinite(most)):
            raise BuildError(f"values of {name} are not finite", "train or export the model again")
    return dict(zip(names, zip(low.tolist(), high.tolist(), strict=True), strict=True))


def _histograms(run: _Activations, bounds: Bounds, step: Step) -> dict[str, Counts]:
    """Magnitudes of each tensor that is not all zeros, in `BINS` parts up to its largest."""
    counts = {name: np.zeros(BINS, np.int64) for name in bounds}
    for batch in run:
        for (name, (low, high)), values in zip(bounds.items(), batch, strict=True):
            if peak := max(-low, high):
                counts[name] += count_magnitudes(values, peak)
        step(len(batch[0]), "")
    return counts


class _Activations:
    """Values of tensors over a calibration set, a batch at a time, in the order of `names`; may be iterated again."""

    def __init__(self, model: Any, names: list[str], calibration: CalibrationSet) -> None:
        import onnx
        import onnxruntime as ort

        self._names, self._calibration = names, calibration
        self._pixels = model.graph.input[0].name
        self._inner = [name for name in names if name != self._pixels]
        copy = onnx.ModelProto()
        copy.CopyFrom(model)
        del copy.graph.output[:]
        copy.graph.output.extend(onnx.ValueInfoProto(name=name) for name in self._inner)
        options = ort.SessionOptions()
        options.log_severity_level = 4
        # Optimisations depend on which tensors are outputs, and would round the same tensor differently.
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
        try:
            self._session = ort.InferenceSession(copy.SerializeToString(), options, providers=["CPUExecutionProvider"])
        except Exception as error:
            raise _unfit(error) from error

    def __iter__(self) -> Iterator[list[Array]]:
        for pixels in self._calibration.batches(_BATCH):
            try:
                values = self._session.run(self._inner, {self._pixels: pixels}) if self._inner else []
            except Exception as error:
                raise _unfit(error) from error
            found = dict(zip(self._inner, values, strict=True))
            yield [found.get(name, pixels) for name in self._names]


def _unfit(error: Exception) -> ArtifactError:
    why = (str(error).splitlines() or [type(error).__name__])[0][:200]
    return ArtifactError(f"the network cannot be run: {why}", "write it again with edgefer export")
