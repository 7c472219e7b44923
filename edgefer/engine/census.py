"""Proof of precision: what arithmetic the layers of a finished engine compute in.

Two witnesses. The graph that was compiled: networks are strongly typed, so its types bind TensorRT. And TensorRT's own
table of fused layers (`edgefer.engine.layers`); a table that cannot be read counts as no witness.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from edgefer.card import Precision
from edgefer.engine.layers import Layer
from edgefer.errors import BuildError

Counts = dict[str, int]

# What each precision must show, of convolutions and matrix products, to be that precision at all.
ARITHMETIC = {
    Precision.FP32: "float",
    Precision.FP16: "half",
    Precision.BF16: "bfloat16",
    Precision.INT8: "int8",
    Precision.FP8: "fp8",
}


def count(layers: Iterable[Layer]) -> Counts:
    """`{"conv int8": 12, "matmul half": 6, "other half": 9}`."""
    return dict(sorted(Counter(f"{layer.kind} {layer.arithmetic}" for layer in layers).items()))


def prove(precision: Precision, graph: Counts, engine: Counts) -> Counts:
    """Both censuses in one, keys beginning with `onnx` and `engine`; raises BuildError unless they show `precision`.

    graph: from `edgefer.quantize.graph.census`; engine: from `count`, or empty. Neither may be without a product in the
    precision. FP32, FP16 and BF16: every product of the graph and every convolution of the engine computes in it. INT8
    and FP8: the engine has no product with such a value on one side alone (weights that are unpacked to compute in
    half precision), and no more convolutions in other types than the graph has products; gates, classifiers and what
    was left in float on purpose have them.
    """
    wanted = ARITHMETIC[precision]
    for witness, counts in (("the ONNX graph", graph), ("the engine", engine)):
        products = {key: number for key, number in counts.items() if not key.startswith("other ")}
        if products and not _shows(precision, wanted, products, graph, witness == "the engine"):
            found = ", ".join(f"{number} {key}" for key, number in products.items())
            raise BuildError(
                f"{precision.value} was asked for, but {witness} holds {found}", "report this with the ONNX file"
            )
    tagged = {f"onnx {key}": number for key, number in sorted(graph.items())}
    return tagged | {f"engine {key}": number for key, number in engine.items()}


def _shows(precision: Precision, wanted: str, products: Counts, graph: Counts, compiled: bool) -> bool:
    if not any(_type(key) == wanted for key in products):
        return False
    if precision.calibrated:
        half_way = any(wanted in _type(key).split(" x ") and _type(key) != wanted for key in products)
        return not half_way and (not compiled or _others(products, wanted, "conv") <= _others(graph, wanted))
    # A cast that is fused in front of a convolution leaves it another input type: its weights tell.
    strays = (key for key in products if not _type(key).endswith(wanted))
    return not any(key.startswith("conv ") or not compiled for key in strays)


def _others(counts: Counts, wanted: str, kind: str = "") -> int:
    """How many products, of one kind or of any, are in another type."""
    return sum(
        number
        for key, number in counts.items()
        if key.startswith(kind) and not key.startswith("other ") and _type(key) != wanted
    )


def _type(key: str) -> str:
    return key.partition(" ")[2]
