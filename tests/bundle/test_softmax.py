from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer.bundle.softmax import with_softmax
from edgefer.card import InputSpec, Precision
from edgefer.errors import ArtifactError
from edgefer.runtime.onnx import OnnxSession, open_graph
from edgefer.runtime.session import softmax
from tests import tiny_net


def pixels(faces: int, *shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (faces, *shape)).astype(np.float32)


@pytest.mark.parametrize("faces", [1, 5])
def test_the_copy_gives_the_softmax_of_what_the_session_gives(faces):
    src = tiny_net.write(Path("tiny.onnx"))
    assert with_softmax(src, Path("copy.onnx")) == ("pixels", (1, 32, 32))
    given = pixels(faces, 1, 32, 32)
    (found,) = open_graph(Path("copy.onnx")).run(["probabilities"], {"pixels": given})
    with OnnxSession(src) as session:
        expected = softmax(session.infer(given))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-6)
    np.testing.assert_allclose(found.sum(1), 1, atol=1e-6)


def test_a_half_precision_file_still_gives_float32():
    from edgefer.quantize.fp16 import to_fp16

    card, _ = to_fp16(tiny_net.write(Path("tiny.onnx")), Path("half.onnx"))
    assert card.precision is Precision.FP16
    with_softmax(Path("half.onnx"), Path("copy.onnx"))
    given = pixels(3, 1, 32, 32)
    (found,) = open_graph(Path("copy.onnx")).run(None, {"pixels": given})
    with OnnxSession(Path("half.onnx")) as session:
        np.testing.assert_allclose(found, softmax(session.infer(given)), atol=1e-6)


def test_the_copy_is_no_model_of_edgefers_whose_logits_it_does_not_give():
    with_softmax(tiny_net.write(Path("tiny.onnx")), Path("copy.onnx"))
    with pytest.raises(ArtifactError, match="holds no edgefer model card"):
        OnnxSession(Path("copy.onnx"))


def test_a_network_of_three_equal_planes_takes_one():
    import onnx
    from onnx import helper, numpy_helper

    made = tiny_net.model()
    planes = helper.make_tensor_value_info("pixels", onnx.TensorProto.FLOAT, ["batch", 3, 32, 32])
    made.graph.input[0].CopyFrom(planes)
    weights = np.random.default_rng(1).normal(0, 1, (16, 3, 3, 3)).astype(np.float32)
    for item in made.graph.initializer:
        if item.name == "stem.weight":
            item.CopyFrom(numpy_helper.from_array(weights, "stem.weight"))
    spec = InputSpec(height=32, width=32, channels=3, colour="gray", mean=(0.5,) * 3, std=(0.2,) * 3)
    src = tiny_net.write(Path("three.onnx"), made, tiny_net.card(input=spec))
    name, shape = with_softmax(src, Path("copy.onnx"))
    assert shape == (1, 32, 32)
    given = pixels(2, 1, 32, 32)
    (found,) = open_graph(Path("copy.onnx")).run(None, {name: given})
    with OnnxSession(src) as session:
        np.testing.assert_allclose(found, softmax(session.infer(np.repeat(given, 3, axis=1))), atol=1e-6)


def test_tensorrt_takes_the_copy_as_it_stands():
    trt = pytest.importorskip("tensorrt_rtx")
    from edgefer.quantize.fp16 import to_fp16

    to_fp16(tiny_net.write(Path("tiny.onnx")), Path("half.onnx"))
    with_softmax(Path("half.onnx"), Path("copy.onnx"))
    logger = trt.Logger(trt.Logger.ERROR)
    network = trt.Builder(logger).create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    assert parser.parse(Path("copy.onnx").read_bytes())
    assert (network.get_output(0).name, network.get_output(0).dtype) == ("probabilities", trt.float32)
