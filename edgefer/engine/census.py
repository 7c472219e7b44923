"""Proof of precision: what arithmetic the layers of a finished engine compute in.

Two witnesses. The graph that was compiled: networks are strongly typed, so its types bind TensorRT. And TensorRT's own
table of fused layers: from the build log of TensorRT-RTX, or from the engine inspector where a GPU can load the plan.
The table's text is no interface; a table that cannot be read counts as no witness.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from edgefer.card import Precision
from edgefer.errors import BuildError

_ENTRY = re.compile(r"Dimensions: \[(?P<sizes>[^\]]*)\].*?Datatype: (?P<type>\w+)")
_TYPES = (
    ("int8", "int8"),
    ("half", "half"),
    ("fp16", "half"),
    ("bf16", "bfloat16"),
    ("bfloat16", "bfloat16"),
    ("float16", "half"),
    ("fp8", "fp8"),
    ("float", "float"),
    ("fp32", "float"),
)
# What each precision must show, of convolutions and matrix products, to be that precision at all.
_WANTED = {Precision.FP32: "float", Precision.FP16: "half", Precision.INT8: "int8"}


@dataclass(frozen=True)
class Layer:
    """A fused layer: `kind` is conv, matmul or other; types are of its first input and, for products, its weights."""

    name: str
    kind: str
    input: str
    weights: str

    @property
    def arithmetic(self) -> str:
        """`int8`, `half`, ... or, where the two sides differ, `half x int8`."""
        return self.input if self.weights in {"", self.input} else f"{self.input} x {self.weights}"


def layers_from_log(table: str) -> list[Layer]:
    """The fused layers in the `Layers:` message of a verbose TensorRT-RTX build; empty when there are none."""
    layers = []
    for line in table.splitlines():
        found = re.match(r"Name: (?P<name>.*?), LayerType: (?P<type>\w+), Inputs: \[(?P<rest>.*)", line)
        if not found:
            continue
        inputs, _, rest = found["rest"].partition(", Constants: [")
        constants = rest.partition(", Outputs: [")[0]
        first = _ENTRY.search(inputs)
        if not first:
            continue
        kind = _kind(found["type"], found["name"])
        weights = next((item["type"] for item in _ENTRY.finditer(constants) if _is_weights(kind, item["sizes"])), "")
        layers.append(Layer(found["name"], kind, _type(first["type"]), _type(weights)))
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
        first = row["Inputs"][0]
        described = first.get("Datatype") or first.get("Format/Datatype") or ""
        # The type of a layer says how it is run; what it is stands in ParameterType where that is given.
        kind = _kind(f"{row.get('LayerType', '')} {row.get('ParameterType', '')}", str(row.get("Name", "")))
        weights = row.get("Weights") or {}
        layer = Layer(str(row.get("Name", "")), kind, _type(str(described)), _type(str(weights.get("Type", ""))))
        if layer.input:
            layers.append(layer)
    return layers


def count(layers: Iterable[Layer]) -> dict[str, int]:
    """`{"conv int8": 12, "matmul half": 6, "other half": 9}`."""
    return dict(sorted(Counter(f"{layer.kind} {layer.arithmetic}" for layer in layers).items()))


def prove(precision: Precision, graph: dict[str, int], engine: dict[str, int]) -> dict[str, int]:
    """Both censuses in one, keys beginning with `onnx` and `engine`.

    graph: from `edgefer.quantize.graph.census`; engine: from `count`, or empty. Raises BuildError when either holds no
    convolution or matrix product in `precision`: what was asked for was not built.
    """
    wanted = _WANTED[precision]
    for witness, counts in (("the ONNX graph", graph), ("the engine", engine)):
        products = {key: number for key, number in counts.items() if not key.startswith("other ")}
        if products and wanted not in {key.partition(" ")[2] for key in products}:
            found = ", ".join(f"{number} {key}" for key, number in products.items())
            raise BuildError(
                f"{precision.value} was asked for, but {witness} holds {found}", "report this with the ONNX file"
            )
    tagged = {f"onnx {key}": number for key, number in sorted(graph.items())}
    return tagged | {f"engine {key}": number for key, number in engine.items()}


def _kind(layer_type: str, name: str) -> str:
    text = layer_type.lower()
    if "correlation" in text or "conv" in text:
        return "conv"
    if "gemm" in text or "matmul" in text or "matrixmultiply" in text or re.match(r"__myl_Fc", name):
        return "matmul"
    return "other"


def _is_weights(kind: str, sizes: str) -> bool:
    """Constants of a layer hold scales and biases too; weights have as many sizes as the product needs."""
    values = [int(text) for text in sizes.split(",") if text.strip().lstrip("-").isdigit()]
    return (kind == "conv" and len(values) == 4) or (kind == "matmul" and len(values) == 2 and min(values) > 1)


def _type(described: str) -> str:
    """`Half` or `Row major linear FP16 format` -> `half`; empty where the type is not told (`N/A due to ...`)."""
    text = described.lower()
    return next((name for mark, name in _TYPES if mark in text), "" if text.startswith("n/a") else text)
