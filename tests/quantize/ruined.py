"""A real network that reads brightness, and in which INT8 ruins one convolution alone.

What tells the emotions apart is a few units wide in one channel of what `mix` takes in; another channel, which nothing
reads, holds 10,000 everywhere and sets the range, so that one INT8 step swallows all of the first.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.card import ModelCard
from edgefer.data.store import write_store
from edgefer.emotions import FER2013
from edgefer.paths import DATA
from tests import tiny_net
from tests.datasets import dataset_of

LAYERS = ("stem", "mix", "last")


def model(offset: float = 0.0):
    """pixels float `[batch, 1, 32, 32]` 0..255 -> logits `[batch, 7]`: -(mean - centre)^2 but for what all share.

    offset: added to all logits; from some 10,000 on half precision cannot hold what tells the biases apart.
    """
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    # In units of 100 grey levels; `tiny_net.faces` has the mean 30 + 28 * label.
    centres = (30 + 28 * np.arange(7, dtype=np.float32)) / 100
    constants = {
        "hundredth": np.float32([[[[0.01]]]]),
        "body.stem.weight": np.float32([1, 0]).reshape(2, 1, 1, 1),
        "stem.bias": np.float32([0, 10_000]),
        "body.mix.weight": np.float32([[1, 0], [0, 0]]).reshape(2, 2, 1, 1),
        "body.last.weight": np.float32([[1, 0]]).reshape(1, 2, 1, 1),
        "centres": (80 * centres)[None],
        "biases": np.float32(offset) - 40 * centres**2,
    }
    nodes = [
        helper.make_node("Mul", ["pixels", "hundredth"], ["scaled"], name="scale"),
        helper.make_node("Conv", ["scaled", "body.stem.weight", "stem.bias"], ["stemmed"], name="node_1"),
        helper.make_node("Conv", ["stemmed", "body.mix.weight"], ["mixed"], name="node_2"),
        helper.make_node("Conv", ["mixed", "body.last.weight"], ["lasted"], name="node_3"),
        helper.make_node("GlobalAveragePool", ["lasted"], ["pooled"], name="pool"),
        helper.make_node("Flatten", ["pooled"], ["mean"], name="flat"),
        helper.make_node("Gemm", ["mean", "centres", "biases"], ["logits"], name="fc"),
    ]
    made = helper.make_model(
        helper.make_graph(
            nodes,
            "ruined",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 1, 32, 32])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", len(FER2013)])],
            [numpy_helper.from_array(values, name) for name, values in constants.items()],
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    onnx.checker.check_model(made, full_check=True)
    return made


def card(**changes) -> ModelCard:
    return tiny_net.card(
        name="ruined", provenance=tiny_net.card().provenance.model_copy(update={"dataset": "noise"}), **changes
    )


def write(path: Path, offset: float = 0.0, **changes) -> Path:
    return tiny_net.write(path, model(offset), card(**changes))


def store() -> None:
    """`data/noise`: 140 Training faces and 70 of PublicTest."""
    sets = [tiny_net.faces(140), tiny_net.faces(70, seed=5, split="PublicTest")]
    write_store(DATA / "noise", dataset_of(sets))
