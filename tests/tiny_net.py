"""A small residual network with a squeeze-and-excitation gate, as an ONNX file with a card; runs and compiles for real."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.card import KEY, InputSpec, ModelCard, Provenance
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013

SPEC = InputSpec(height=32, width=32)
WIDTH = 16


def card(**changes):
    base = ModelCard(
        name="tiny",
        architecture="tiny",
        parameters=5000,
        trimmed=True,
        labels=FER2013,
        input=SPEC,
        provenance=Provenance(dataset="demo", splits=("Training", "PublicTest")),
    )
    return base.but(**changes)


def faces(count: int = 140, seed: int = 0, split: str = "Training") -> FaceSet:
    """Noise on the brightness of its label, uint8 `[count, 48, 48]`."""
    generator = np.random.default_rng(seed)
    labels = np.arange(count) % len(FER2013)
    pixels = 30 + 28 * labels[:, None, None] + generator.integers(-25, 26, (count, 48, 48))
    return FaceSet.of("noise", split, FER2013, pixels.clip(0, 255).astype(np.uint8), labels.astype(np.int64))


class _Graph:
    def __init__(self, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.nodes, self.constants = [], []

    def constant(self, name, values):
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.asarray(values), name))
        return name

    def op(self, kind, inputs, name, **attributes):
        from onnx import helper

        self.nodes.append(helper.make_node(kind, inputs, [name], name=name, **attributes))
        return name

    def normal(self, *shape):
        return self.random.normal(0, (2 / np.prod(shape[1:])) ** 0.5, shape).astype(np.float32)

    def conv(self, x, name, outputs, inputs, size, stride=1):
        weights = self.constant(f"{name}.weight", self.normal(outputs, inputs, size, size))
        bias = self.constant(f"{name}.bias", self.normal(outputs))
        pads, strides = [size // 2] * 4, [stride] * 2
        return self.op("Conv", [x, weights, bias], name, kernel_shape=[size, size], pads=pads, strides=strides)

    def gemm(self, x, name, outputs, inputs):
        weights = self.constant(f"{name}.weight", self.normal(outputs, inputs))
        return self.op("Gemm", [x, weights, self.constant(f"{name}.bias", self.normal(outputs))], name, transB=1)


def model(classes: int = 7, seed: int = 0, batch: int | str = "batch", conv_gate: bool = False):
    """pixels float `[batch, 1, 32, 32]` 0..255 -> logits `[batch, classes]`: 4 convolutions, 4 matrix products.

    conv_gate: the gate's two products are 1x1 convolutions instead.
    """
    import onnx
    from onnx import TensorProto, helper

    graph, width = _Graph(seed), WIDTH
    x = graph.op("Mul", ["pixels", graph.constant("scale", np.float32([[[[1 / 65]]]]))], "scaled")
    x = graph.op("Add", [x, graph.constant("shift", np.float32([[[[-2]]]]))], "normalised")
    x = graph.op("Relu", [graph.conv(x, "stem", width, 1, 3)], "stem_relu")
    inner = graph.op("Relu", [graph.conv(x, "conv1", width, width, 3, stride=2)], "inner_relu")
    inner = graph.conv(inner, "conv2", width, width, 3)
    x = graph.op("Relu", [graph.op("Add", [inner, graph.conv(x, "shortcut", width, width, 1, stride=2)], "sum")], "out")
    gate = graph.op("GlobalAveragePool", [x], "squeeze")
    if conv_gate:
        gate = graph.op("Relu", [graph.conv(gate, "gate1", width // 2, width, 1)], "gate_relu")
        gate = graph.op("Sigmoid", [graph.conv(gate, "gate2", width, width // 2, 1)], "gate")
    else:
        gate = graph.op("Flatten", [gate], "flat")
        gate = graph.op("Relu", [graph.gemm(gate, "gate1", width // 2, width)], "gate_relu")
        gate = graph.op("Sigmoid", [graph.gemm(gate, "gate2", width, width // 2)], "gate_flat")
        gate = graph.op("Reshape", [gate, graph.constant("gate_shape", np.int64([-1, width, 1, 1]))], "gate")
    x = graph.op(
        "Flatten", [graph.op("GlobalAveragePool", [graph.op("Mul", [x, gate], "excited")], "pooled")], "features"
    )
    x = graph.op("Relu", [graph.gemm(x, "fc1", 32, width)], "fc1_relu")
    weights = graph.constant("fc2.weight", graph.normal(classes, 32))
    bias = graph.constant("fc2.bias", np.zeros(classes, np.float32))
    graph.nodes.append(helper.make_node("Gemm", [x, weights, bias], ["logits"], name="fc2", transB=1))
    inputs = [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, [batch, 1, 32, 32])]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [batch, classes])]
    made = helper.make_model(
        helper.make_graph(graph.nodes, "tiny", inputs, outputs, graph.constants),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def write(path: Path, made=None, own_card: ModelCard | None = None) -> Path:
    import onnx

    made = made or model()
    onnx.helper.set_model_props(made, {KEY: (own_card or card()).to_json()})
    path.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(made, str(path))
    return path
