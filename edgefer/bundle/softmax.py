"""A copy of an ONNX file that ends in probabilities, for programs that take the last tensor as such."""

from __future__ import annotations

from pathlib import Path

from edgefer.errors import ArtifactError
from edgefer.quantize import graph

PROBABILITIES = "probabilities"
_PLANE = "gray_pixels"


def with_softmax(src: Path, dst: Path) -> tuple[str, tuple[int, int, int]]:
    """Write `src` with a Softmax after its logits; returns the input's name and its (channels, height, width).

    The output is `probabilities`, float32 `[batch, labels]`, each row summing to 1. A network that takes the gray plane
    three times gets a copy that takes it once. The card is left out, since it tells of logits. Raises ArtifactError for a
    file that does not fit its card.
    """
    import onnx
    from onnx import TensorProto, helper

    model, card = graph.load(src)
    body = model.graph
    names = {name for node in body.node for name in (*node.input, *node.output)}
    if {PROBABILITIES, _PLANE} & names:
        raise ArtifactError(f"{src} has tensors of the names {PROBABILITIES} or {_PLANE}", "export it again")
    logits = body.output[0]
    batch = logits.type.tensor_type.shape.dim[0].dim_param or "batch"
    body.node.append(helper.make_node("Softmax", [logits.name], [PROBABILITIES], name=PROBABILITIES, axis=1))
    del body.output[:]
    body.output.append(helper.make_tensor_value_info(PROBABILITIES, TensorProto.FLOAT, [batch, len(card.labels)]))
    constants = {item.name for item in body.initializer}
    (pixels,) = (item for item in body.input if item.name not in constants)
    shape, name = card.input.shape, pixels.name
    if card.input.colour == "gray" and card.input.channels == 3:
        shape = (1, card.input.height, card.input.width)
        body.input.remove(pixels)
        body.input.insert(0, helper.make_tensor_value_info(_PLANE, TensorProto.FLOAT, [batch, *shape]))
        body.node.insert(0, helper.make_node("Concat", [_PLANE] * 3, [name], name="planes", axis=1))
        name = _PLANE
    del model.metadata_props[:]
    onnx.checker.check_model(model, full_check=True)
    onnx.save(model, str(dst))
    return name, shape
