"""ONNX files of other projects as teachers: no card, any names, a fixed batch, weights in files beside."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from edgefer.errors import ArtifactError
from edgefer.runtime.onnx import open_graph, read_graph

_TYPES = {"tensor(float)": np.float32, "tensor(float16)": np.float16, "tensor(double)": np.float64}


class OnnxGraph:
    """An ONNX file in ONNX Runtime on the CPU, with torch's number of threads, called with its one input.

    Raises ArtifactError when the file cannot be run, or takes not exactly one picture of floats.
    """

    def __init__(self, path: Path) -> None:
        self._session = open_graph(path, threads=torch.get_num_threads())
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or inputs[0].type not in _TYPES or len(inputs[0].shape) != 4:
            found = ", ".join(f"{one.name} {one.type} {one.shape}" for one in inputs) or "nothing"
            raise ArtifactError(
                f"{path} takes {found}, where edgefer gives one picture of floats, [N, C, H, W] or [N, H, W, C]",
                "export the network again with that one input",
            )
        self._input, self._type = inputs[0].name, _TYPES[inputs[0].type]
        self._names = [output.name for output in self._session.get_outputs()]
        fixed = inputs[0].shape[0]
        self._batch = fixed if isinstance(fixed, int) and fixed > 0 else None

    def __call__(self, pixels: Tensor) -> dict[str, Tensor]:
        """All outputs for a batch of any size, float tensors on the CPU by name."""
        faces = pixels.cpu().numpy().astype(self._type)
        size = self._batch or len(faces)
        parts = [self._run(faces[start : start + size], size) for start in range(0, len(faces), size)]
        return {name: torch.cat([part[name] for part in parts]) for name in parts[0]}

    def _run(self, faces: np.ndarray, size: int) -> dict[str, Tensor]:
        # A file with a fixed batch gets its last one filled up; what it says of the filling is dropped.
        filled = np.concatenate((faces, np.repeat(faces[-1:], size - len(faces), axis=0)))
        answers = self._session.run(self._names, {self._input: filled})
        return {
            name: torch.from_numpy(np.array(answer))[: len(faces)]
            for name, answer in zip(self._names, answers, strict=True)
            if isinstance(answer, np.ndarray)
        }


def external_files(path: Path) -> list[Path]:
    """The files in which an ONNX file keeps weights; ArtifactError when one is not there."""
    from onnx.external_data_helper import ExternalDataInfo, uses_external_data

    tensors = [tensor for tensor in read_graph(path).graph.initializer if uses_external_data(tensor)]
    names = sorted({ExternalDataInfo(tensor).location for tensor in tensors})
    for name in names:
        if not (path.parent / name).is_file():
            raise ArtifactError(
                f"{path} keeps its weights in {name}, which is not there", f"put {name} into {path.parent}"
            )
    return [path.parent / name for name in names]
