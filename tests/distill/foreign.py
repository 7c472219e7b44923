"""A small network of nobody's, as a torch module, a TorchScript program and an ONNX file with the same weights."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from edgefer.emotions import FER2013
from edgefer.paths import sha256
from edgefer.recipe import check
from edgefer.recipe_teachers import ForeignTeacher, TeacherModel

SIZE = 24


class Tiny(nn.Module):
    """Knows which of nine places of a picture is bright, as `tests.distill.faces` asks: a teacher without a mistake.

    labels: its classes in its own order. A label that is no emotion of FER2013's stands for a place that stays dark.
    """

    def __init__(self, labels: Sequence[str] = FER2013, channels: int = 1) -> None:
        super().__init__()
        self.pool = nn.AvgPool2d(SIZE // 3)
        self.fc = nn.Linear(9 * channels, len(labels))
        places = [FER2013.index(label) if label in FER2013 else 8 for label in labels]
        weight = torch.zeros(len(labels), channels, 9)
        weight[torch.arange(len(labels)), :, places] = 10 / channels
        self.fc.weight.data = weight.flatten(1)
        self.fc.bias.data = torch.arange(len(labels)) * 0.1

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.pool(x).flatten(1))


def said(source: str, **changes: Any) -> dict[str, Any]:
    """A `[[teacher.models]]` for `Tiny`: gray faces of 24 pixels, plain pixel / 255, FER2013's order."""
    values = {"source": source, "labels": list(FER2013), "size": SIZE, "colour": "gray", "mean": [0], "std": [1]}
    return {**values, **changes}


def model(values: dict[str, Any]) -> TeacherModel:
    """One checked `[[teacher.models]]`."""
    recipe = check({"name": "x", "model": {"architecture": "edgefer-s"}, "teacher": {"models": [values]}}, "x.toml")
    assert recipe.teacher is not None
    return recipe.teacher.models[0]


def foreign(source: str, **changes: Any) -> ForeignTeacher:
    """The same, of a network without a card."""
    made = model(said(source, **changes))
    assert isinstance(made, ForeignTeacher)
    return made


def write_script(path: Path, network: nn.Module, channels: int = 1) -> str:
    """TorchScript; returns its SHA-256."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # torch.jit is, and people have such files
        torch.jit.trace(network.eval(), torch.rand(2, channels, SIZE, SIZE)).save(str(path))
    return sha256(path)


def write_graph(
    path: Path,
    network: Tiny,
    batch: int | str = "n",
    extra: bool = False,
    nhwc: bool = False,
    softmax: bool = False,
    external: str = "",
) -> None:
    """ONNX without a card. extra: a second output `features`; external: the file that holds the weights."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    classes, width = network.fc.weight.shape
    channels = width // 9
    shape = [batch, SIZE, SIZE, channels] if nhwc else [batch, channels, SIZE, SIZE]
    nodes = [helper.make_node("Transpose", ["x"], ["picture"], perm=[0, 3, 1, 2])] if nhwc else []
    side = [SIZE // 3] * 2
    nodes += [
        helper.make_node("AveragePool", ["picture" if nhwc else "x"], ["pooled"], kernel_shape=side, strides=side),
        helper.make_node("Flatten", ["pooled"], ["features"]),
        helper.make_node("Gemm", ["features", "w", "b"], ["values" if softmax else "logits"], transB=1),
    ]
    if softmax:
        nodes.append(helper.make_node("Softmax", ["values"], ["logits"], axis=1))
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, classes])]
    if extra:
        outputs.insert(0, helper.make_tensor_value_info("features", TensorProto.FLOAT, [batch, width]))
    weights = [
        numpy_helper.from_array(np.ascontiguousarray(values.detach().numpy()), name)
        for name, values in (("w", network.fc.weight), ("b", network.fc.bias))
    ]
    picture = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    graph = helper.make_graph(nodes, "tiny", [picture], outputs, weights)
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.checker.check_model(made)
    if external:
        onnx.save(made, str(path), save_as_external_data=True, location=external, size_threshold=0)
    else:
        onnx.save(made, str(path))
