"""Putting quantise/dequantise nodes into an ONNX graph."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.runtime.session import Array

INT8_MOST = 127


def symmetric_scale(peak: npt.ArrayLike) -> Array:
    """Scale, float32, at which a largest magnitude becomes 127; 1 where there is nothing but zeros."""
    # In double precision, as in ONNX Runtime's own quantiser, so that both give the same bits.
    scale = (np.asarray(peak, np.float64) / INT8_MOST).astype(np.float32)
    return np.where(scale < np.finfo(np.float32).tiny, np.float32(1), scale)


def quantise_channels(weights: Array, scales: Array | None = None) -> tuple[npt.NDArray[np.int8], Array]:
    """INT8 weights and one scale for each of the first axis, float32 `[O]`: the given ones, else by largest magnitude."""
    if scales is None:
        scales = symmetric_scale(np.abs(weights).reshape(len(weights), -1).max(axis=1))
    steps = np.rint(weights / scales.reshape(-1, *(1,) * (weights.ndim - 1)))
    return steps.clip(-INT8_MOST, INT8_MOST).astype(np.int8), scales


class Rewriter:
    """Adds quantise/dequantise nodes to a model (onnx.ModelProto) in place, node by node in graph order.

    Nodes that take the same tensor share its pair. `finish` brings everything into its place.
    """

    def __init__(self, model: Any) -> None:
        self._graph = model.graph
        self._stored = {item.name: item for item in model.graph.initializer}
        self._before: dict[str, list[Any]] = {}
        self._replaced: dict[str, str] = {}

    def int8_input(self, node: Any, index: int, peak: float) -> None:
        """Let a node take its input through symmetric INT8 that reaches `peak`."""
        from onnx import numpy_helper

        self.take_through(node, index, symmetric_scale(peak), numpy_helper.from_array(np.asarray(np.int8(0))))

    def int8_weights(self, node: Any, index: int, scales: Array | None = None) -> None:
        """Store a node's weights as symmetric INT8, one scale for each of their first axis, as `quantise_channels`."""
        from onnx import numpy_helper

        values, scales = quantise_channels(self.weights(node, index), scales)
        zeros = numpy_helper.from_array(np.zeros(len(scales), np.int8))
        self.store_as(node, index, numpy_helper.from_array(values), scales, zeros)

    def weights(self, node: Any, index: int) -> Array:
        """A node's stored input, float32."""
        from onnx import numpy_helper

        return np.asarray(numpy_helper.to_array(self._stored[node.input[index]]), np.float32)

    def take_through(self, node: Any, index: int, scale: Array, zero: Any) -> None:
        """Let a node take its input as steps of `scale`; `zero` is a zero of the steps' type (onnx.TensorProto)."""
        from onnx import helper

        name = node.input[index]
        if name not in self._replaced:
            pair = [self._store(f"{name}_scale", scale), self._keep(f"{name}_zero_point", zero)]
            steps, values = f"{name}_quantised", f"{name}_dequantised"
            self._add(node, helper.make_node("QuantizeLinear", [name, *pair], [steps], name=f"{name}_QuantizeLinear"))
            self._add(
                node, helper.make_node("DequantizeLinear", [steps, *pair], [values], name=f"{name}_DequantizeLinear")
            )
            self._replaced[name] = values
        node.input[index] = self._replaced[name]

    def store_as(self, node: Any, index: int, steps: Any, scale: Array, zero: Any) -> None:
        """Store a node's weights as `steps` (onnx.TensorProto) of `scale`: one, or one for each of their first axis.

        zero: a zero of the steps' type for each scale (onnx.TensorProto).
        """
        from onnx import helper

        name = node.input[index]
        if name not in self._replaced:
            inputs = [
                self._keep(f"{name}_quantised", steps),
                self._store(f"{name}_scale", scale),
                self._keep(f"{name}_zero_point", zero),
            ]
            self._replaced[name] = values = f"{name}_dequantised"
            axis: dict[str, Any] = {"axis": 0} if scale.ndim else {}
            self._add(
                node, helper.make_node("DequantizeLinear", inputs, [values], name=f"{name}_DequantizeLinear", **axis)
            )
        node.input[index] = self._replaced[name]

    def finish(self) -> None:
        """Put the new nodes before their first users and drop what nothing uses any more."""
        nodes = [each for node in self._graph.node for each in (*self._before.get(node.output[0], ()), node)]
        used = {name for node in nodes for name in node.input}
        stored = [item for name, item in self._stored.items() if name in used]
        del self._graph.node[:], self._graph.initializer[:]
        self._graph.node.extend(nodes)
        self._graph.initializer.extend(stored)

    def _store(self, name: str, values: npt.ArrayLike) -> str:
        from onnx import numpy_helper

        return self._keep(name, numpy_helper.from_array(np.asarray(values)))

    def _keep(self, name: str, values: Any) -> str:
        self._stored[name] = type(values)()
        self._stored[name].CopyFrom(values)
        self._stored[name].name = name
        return name

    def _add(self, user: Any, node: Any) -> None:
        self._before.setdefault(user.output[0], []).append(node)
