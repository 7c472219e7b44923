"""A real ONNX network for camera tests: it reads brightness, so tests know what it must say about a face."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.card import KEY, InputSpec, ModelCard
from edgefer.emotions import FER2013

# The brightness, 0..255, at which each label is the surest; labels in FER2013's order.
CENTRES = {"anger": 20, "disgust": 55, "fear": 90, "happy": 240, "sad": 125, "surprise": 200, "neutral": 160}


def label_of(brightness: float) -> str:
    return min(CENTRES, key=lambda name: abs(CENTRES[name] - brightness))


def write(path: Path, margin: float = 0.0, channels: int = 1, softness: float = 400.0) -> Path:
    """Logits are `-(mean - centre)^2 / softness` for each label, written as a network of the mean pixel."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    centres = np.asarray([CENTRES[name] for name in FER2013], np.float32)
    # -(m - c)^2 = -m^2 + 2cm - c^2, and -m^2 is the same for all labels.
    weights = (2 * centres / softness)[None].astype(np.float32)
    biases = (-(centres**2) / softness).astype(np.float32)
    shape = ["batch", channels, 48, 48]
    graph = helper.make_graph(
        [
            helper.make_node("ReduceMean", ["pixels", "axes"], ["mean"], keepdims=0),
            helper.make_node("Unsqueeze", ["mean", "one"], ["column"]),
            helper.make_node("Gemm", ["column", "weights", "biases"], ["logits"]),
        ],
        "brightness",
        [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, shape)],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(FER2013)])],
        [
            numpy_helper.from_array(np.asarray([1, 2, 3], np.int64), "axes"),
            numpy_helper.from_array(np.asarray([1], np.int64), "one"),
            numpy_helper.from_array(weights, "weights"),
            numpy_helper.from_array(biases, "biases"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)])
    model.ir_version = 9
    spec = InputSpec(
        height=48,
        width=48,
        channels=channels,
        colour="gray" if channels == 1 else "rgb",
        mean=(0.5,) * channels,
        std=(0.25,) * channels,
        crop_margin=margin,
    )
    card = ModelCard(name="brightness", architecture="mean", parameters=14, labels=FER2013, input=spec)
    helper.set_model_props(model, {KEY: card.to_json()})
    onnx.save(model, str(path))
    return path
