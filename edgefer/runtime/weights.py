"""How many bytes of weights an ONNX graph holds, wherever they lie."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from onnx import ModelProto, TensorProto

# Bits of the types that are packed below a byte.
_PACKED = {"UINT4": 4, "INT4": 4, "FLOAT4E2M1": 4, "UINT2": 2, "INT2": 2}


def initialiser_bytes(model: ModelProto) -> int:
    """Bytes of a graph's initialisers, those in other files included; nothing is loaded for it."""
    return sum(map(tensor_bytes, model.graph.initializer))


def tensor_bytes(tensor: TensorProto) -> int:
    """Bytes that an initialiser's shape and type take, whatever it holds."""
    return -(-int(math.prod(tensor.dims)) * _bits(tensor.data_type) // 8)


def _bits(kind: int) -> int:
    from onnx import TensorProto, helper

    name = TensorProto.DataType.Name(kind)
    return _PACKED.get(name) or 8 * int(helper.tensor_dtype_to_np_dtype(kind).itemsize)
