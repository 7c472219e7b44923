"""Names of convolutions for people: `stages.1.conv2` says more than `node_Conv_195`, and stays when a file is exported again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any

# The module in which edgefer wraps a network for its normalisation.
_WRAPPER = "body."
_WEIGHT = ".weight"


def titles(model: Any) -> dict[str, str]:
    """Node name -> title of every convolution of an ONNX model (onnx.ModelProto): the name of its weights.

    Where two share their weights, or have none by name, the node's own name is the title. No title stands twice.
    """
    weights = {node.name: _plain(node.input[1]) for node in model.graph.node if node.op_type == "Conv"}
    times = Counter(weights.values())
    return {node: title if title and times[title] == 1 else node for node, title in weights.items()}


def nodes_of(model: Any, wanted: Collection[str]) -> frozenset[str]:
    """Names of the nodes that have these titles in an ONNX model."""
    return frozenset(node for node, title in titles(model).items() if title in wanted)


def _plain(weights: str) -> str:
    return weights.removeprefix(_WRAPPER).removesuffix(_WEIGHT)
