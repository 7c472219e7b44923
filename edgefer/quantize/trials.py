"""INT8 files of one network, each with other convolutions left in float, and what ONNX Runtime says of them."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from edgefer.console import Step
from edgefer.data.faces import FaceSet
from edgefer.evaluate.answers import Answers, answer
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import measure_int8, quantisable, write_ranges
from edgefer.quantize.method import DEFAULT, PERCENTILE, Method
from edgefer.quantize.ranges import Ranges
from edgefer.quantize.titles import titles
from edgefer.runtime.onnx import OnnxSession


@dataclass(frozen=True)
class Trials:
    """A float32 file and its ranges. nodes: the convolutions that INT8 can quantise, in graph order, node by title."""

    src: Path
    ranges: Ranges
    nodes: dict[str, str]

    @property
    def layers(self) -> tuple[str, ...]:
        """Titles of the convolutions that INT8 can quantise, in graph order."""
        return tuple(self.nodes)

    def reference(self, faces: FaceSet, step: Step) -> Answers:
        """What the float32 file says."""
        return _answers(self.src, faces, step)

    def in_float(self, left: Collection[str], faces: FaceSet, step: Step) -> Answers:
        """INT8 with the convolutions of these titles in float, and float32 elsewhere."""
        with tempfile.TemporaryDirectory(prefix="edgefer-trial-") as folder:
            return _answers(self._write(left, Path(folder)), faces, step)

    def in_half(self, left: Collection[str], faces: FaceSet, step: Step) -> Answers:
        """The same in half precision elsewhere: the file that an engine is made from, as ONNX Runtime runs it."""
        with tempfile.TemporaryDirectory(prefix="edgefer-trial-") as folder:
            half = Path(folder) / "half.onnx"
            to_fp16(self._write(left, Path(folder)), half)
            # One that mixes both is run without ONNX Runtime's graph optimisations: see OnnxSession.
            return _answers(half, faces, step)

    def _write(self, left: Collection[str], folder: Path) -> Path:
        """The file with float32 elsewhere; with all convolutions in float the source itself."""
        keep = {self.nodes[title] for title in left}
        if len(keep) == len(self.nodes):
            return self.src
        write_ranges(self.src, self.ranges, folder / "int8.onnx", keep)
        return folder / "int8.onnx"


def open_trials(
    src: Path, calibration: CalibrationSet, method: Method = DEFAULT, percentile: float = PERCENTILE
) -> Trials:
    """Measure the ranges of a float32 file, once, with progress; raises as `measure_int8`."""
    ranges = measure_int8(src, calibration, None, method, percentile)
    model, _ = graph.load(src)
    named = titles(model)
    return Trials(src, ranges, {named[node]: node for node in quantisable(model)})


def _answers(path: Path, faces: FaceSet, step: Step) -> Answers:
    with OnnxSession(path) as session:
        return answer(session, faces, step=step)
