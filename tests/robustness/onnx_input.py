"""Bad ONNX files: whole ones that are of another kind, and hostile ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.robustness.any_input import ANY_FILE, NAMES
from tests.robustness.kind import Kind, Make, Slot


def _changed(change: Callable[[Any], None]) -> Make:
    """The good file with its ModelProto changed."""

    def make(good: Path, bad: Path) -> None:
        import onnx

        model = onnx.load(str(good))
        change(model)
        bad.write_bytes(model.SerializeToString())

    return make


def _card(change: Callable[[dict], dict] | None = None, text: str = "") -> Make:
    def replace(model: Any) -> None:
        import json

        (entry,) = [entry for entry in model.metadata_props if entry.key == "edgefer.card"]
        entry.value = text or json.dumps(change(json.loads(entry.value)))

    return _changed(replace)


def _no_card(model: Any) -> None:
    del model.metadata_props[:]


def _three_labels(model: Any) -> None:
    """Logits of the first three labels, and a card that names those."""
    import json

    import numpy as np
    from onnx import numpy_helper

    for tensor in model.graph.initializer:
        if tensor.name.startswith("fc2"):
            tensor.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(tensor)[:3].astype(np.float32), tensor.name))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 3
    (entry,) = [entry for entry in model.metadata_props if entry.key == "edgefer.card"]
    card = json.loads(entry.value)
    entry.value = json.dumps({**card, "labels": card["labels"][:3]})


def _five_dimensions(model: Any) -> None:
    from onnx import TensorProto, helper

    old = model.graph.input[0].name
    model.graph.node.insert(0, helper.make_node("Squeeze", ["five", "axis"], [old]))
    model.graph.initializer.append(helper.make_tensor("axis", TensorProto.INT64, [1], [1]))
    del model.graph.input[:]
    model.graph.input.append(helper.make_tensor_value_info("five", TensorProto.FLOAT, ["batch", 1, 1, 32, 32]))


def _outside(location: str) -> Make:
    def change(model: Any) -> None:
        from onnx import TensorProto

        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.ClearField("float_data")
        tensor.data_location = TensorProto.EXTERNAL
        tensor.external_data.add(key="location", value=location)

    return _changed(change)


def _gigantic_weights(model: Any) -> None:
    model.graph.initializer[0].dims[0] = 1 << 40


def _gigantic_middle(model: Any) -> None:
    """A constant of 2^33 values that the graph would make of nine bytes."""
    from onnx import TensorProto, helper

    model.graph.initializer.append(helper.make_tensor("huge.shape", TensorProto.INT64, [1], [1 << 33]))
    model.graph.node.insert(0, helper.make_node("ConstantOfShape", ["huge.shape"], ["huge"]))
    model.graph.node.insert(1, helper.make_node("ReduceSum", ["huge"], ["huge.sum"], keepdims=0))
    last = model.graph.node[-1]
    last.output[0] = "before"
    model.graph.node.append(helper.make_node("Add", ["before", "huge.sum"], ["logits"]))


def _weights_of(value: float) -> Make:
    def change(model: Any) -> None:
        import numpy as np
        from onnx import numpy_helper

        for tensor in model.graph.initializer:
            if tensor.name == "fc1.weight":
                values = np.full_like(numpy_helper.to_array(tensor), value)
                tensor.CopyFrom(numpy_helper.from_array(values, tensor.name))

    return _changed(change)


def _unknown_operator(model: Any) -> None:
    model.graph.node[0].op_type = "Explode"


def _two_inputs(model: Any) -> None:
    from onnx import TensorProto, helper

    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, [1]))


DEEP = "[" * 100_000

NO_CARD = Kind("no-card", "a network without a model card", _changed(_no_card))
OTHER_CARD = Kind(
    "other-card", "a card of three labels on a network of seven", _card(lambda c: {**c, "labels": c["labels"][:3]})
)
DEEP_CARD = Kind("deep-card", "a card of 100,000 nested lists", _card(text=DEEP))
NAN_CARD = Kind("nan-card", "a card whose mean is NaN", _card(
    lambda c: {**c, "input": {**c["input"], "mean": [float("nan")]}}
))  # fmt: skip
TRAVERSAL_CARD = Kind(
    "traversal-card", "a card whose model is named ../../escaped", _card(lambda c: {**c, "name": "../../escaped"})
)
THREE_LABELS = Kind("three-labels", "a sound network of three emotions", _changed(_three_labels))
FIVE = Kind("5-d-input", "a network that takes five dimensions", _changed(_five_dimensions))
TWO_INPUTS = Kind("two-inputs", "a network of two inputs", _changed(_two_inputs))
OPERATOR = Kind("unknown-operator", "a network with an operator that does not exist", _changed(_unknown_operator))
RELATIVE = Kind(
    "outside-relative", "weights in ../../../../../etc/passwd", _outside("../../../../../../../../etc/passwd")
)
ABSOLUTE = Kind("outside-absolute", "weights in /etc/passwd", _outside("/etc/passwd"))
HUGE = Kind("gigantic-weights", "an initialiser that declares 2^40 rows", _changed(_gigantic_weights))
BOMB = Kind("gigantic-middle", "nine bytes that the graph blows up to 32 GB", _changed(_gigantic_middle))
NAN = Kind("nan-weights", "weights that are NaN", _weights_of(float("nan")))
INF = Kind("inf-weights", "weights that are infinite", _weights_of(float("inf")))

ONNX = (
    NO_CARD, OTHER_CARD, DEEP_CARD, NAN_CARD, TRAVERSAL_CARD, THREE_LABELS, FIVE, TWO_INPUTS, OPERATOR, RELATIVE,
    ABSOLUTE, HUGE, BOMB, NAN, INF,
)  # fmt: skip
ONNX_SLOT = Slot("tiny.onnx", (*ANY_FILE, *ONNX, *NAMES))
