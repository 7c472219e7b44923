"""TensorRT's own table of an engine's fused layers: from a build log of TensorRT-RTX, or from the engine inspector.

The table's text is no interface; what cannot be read is left out, and a table of another form gives no layers at all.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass

_ENTRY = re.compile(r"Dimensions: \[(?P<sizes>[^\]]*)\].*?Datatype: (?P<type>\w+)")
_LINE = re.compile(r"Name: (?P<name>.*?), LayerType: (?P<type>\w+), Inputs: \[(?P<rest>.*)")
_TYPES = (
    ("int8", "int8"),
    ("half", "half"),
    ("fp16", "half"),
    ("bf16", "bfloat16"),
    ("bfloat16", "bfloat16"),
    ("float16", "half"),
    ("fp8", "fp8"),
    ("float8", "fp8"),
    ("float", "float"),
    ("fp32", "float"),
)


@dataclass(frozen=True)
class Layer:
    """A fused layer. kind: conv, matmul or other. input: type of its first input, weights: of a product's weights.

    Types are `float`, `half`, `bfloat16`, `int8`, `fp8`; empty where they are not told. output: type of its first
    output. form: what TensorRT calls such a layer, `correlation`, `kgen`, ...
    """

    name: str
    kind: str
    input: str
    weights: str
    output: str = ""
    form: str = ""

    @property
    def arithmetic(self) -> str:
        """`int8`, `half`, ... or, where the two sides differ, `half x int8`."""
        return self.input if self.weights in {"", self.input} else f"{self.input} x {self.weights}"


def layers_from_log(table: str) -> list[Layer]:
    """The fused layers in the `Layers:` message of a verbose TensorRT-RTX build; empty when there are none."""
    layers = []
    for line in table.splitlines():
        found = _LINE.match(line)
        if not found:
            continue
        inputs, _, rest = found["rest"].partition(", Constants: [")
        constants, _, outputs = rest.partition(", Outputs: [")
        first, last = _ENTRY.search(inputs), _ENTRY.search(outputs)
        if not first:
            continue
        stored = [(_sizes(entry["sizes"]), entry["type"]) for entry in _ENTRY.finditer(constants)]
        kind = _kind(found["type"], found["name"], [sizes for sizes, _ in stored])
        weights = next((kept for sizes, kept in stored if _is_weights(kind, sizes)), "")
        output = _type(last["type"]) if last else ""
        layers.append(Layer(found["name"], kind, _type(first["type"]), _type(weights), output, found["type"]))
    return layers


def layers_from_inspector(text: str) -> list[Layer]:
    """The fused layers in an engine inspector's JSON (TensorRT 10: `Format/Datatype`, 11: `Datatype`)."""
    try:
        entries = json.loads(text)["Layers"]
        rows = [entry for entry in entries if isinstance(entry, dict) and entry.get("Inputs")]
    except (ValueError, KeyError, TypeError):
        return []
    layers = []
    for row in rows:
        described, outputs = _described(row["Inputs"]), _described(row.get("Outputs"))
        form, weights = str(row.get("LayerType", "")), row.get("Weights") or {}
        # The type of a layer says how it is run; what it is stands in ParameterType where that is given.
        kind = _kind(f"{form} {row.get('ParameterType', '')}", str(row.get("Name", "")), [])
        layer = Layer(
            str(row.get("Name", "")), kind, _type(described), _type(str(weights.get("Type", ""))), _type(outputs), form
        )
        if layer.input:
            layers.append(layer)
    return layers


def _described(tensors: object) -> str:
    first = tensors[0] if isinstance(tensors, list) and tensors and isinstance(tensors[0], dict) else {}
    return str(first.get("Datatype") or first.get("Format/Datatype") or "")


def _kind(layer_type: str, name: str, constants: list[list[int]]) -> str:
    text = layer_type.lower()
    if "correlation" in text or "conv" in text or _generated(name, "Corr"):
        return "conv"
    if "gemm" in text or "matmul" in text or "matrixmultiply" in text or _generated(name, "Fc"):
        return "matmul"
    # For one face a matrix product is generated as a product of each value and a sum.
    if _generated(name, "MulSum") and any(_is_weights("matmul", sizes) for sizes in constants):
        return "matmul"
    return "other"


def _generated(name: str, part: str) -> bool:
    """Whether a layer that TensorRT-RTX generated, such as `__myl_CorrCast_myl0_1`, holds an operation."""
    return re.match(rf"__myl_(?:[A-Z][a-z0-9]*)*?{part}(?![a-z])", name) is not None


def _is_weights(kind: str, sizes: list[int]) -> bool:
    """Constants of a layer hold scales and biases too; weights have as many sizes as the product needs."""
    if kind == "conv":
        return len(sizes) == 4 and (sizes[0] > 1 or sizes[2:] != [1, 1])
    while sizes and sizes[0] == 1:
        sizes = sizes[1:]
    return kind == "matmul" and len(sizes) == 2 and min(sizes) > 1


def _sizes(text: str) -> list[int]:
    return [int(size) for size in text.split(",") if size.strip().lstrip("-").isdigit()]


def _type(described: str) -> str:
    """`Half` or `Row major linear FP16 format` -> `half`; empty where the type is not told (`N/A due to ...`)."""
    text = described.lower()
    return next((name for mark, name in _TYPES if mark in text), "" if text.startswith("n/a") else text)
