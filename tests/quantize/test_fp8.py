from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from edgefer.card import Precision
from edgefer.errors import ArtifactError, BuildError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.fp8 import first_products, round_to_e4m3, to_fp8, write_fp8
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import measure_int8
from edgefer.quantize.pool import screen
from edgefer.quantize.ranges import Ranges
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


@pytest.fixture
def calibration(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 35, tmp_path / "set")


def test_all_but_the_first_convolution_become_fp8_and_answers_stay(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    card = to_fp8(src, calibration, tmp_path / "b.onnx")
    assert card.precision is Precision.FP8
    assert graph.census(graph.load(tmp_path / "b.onnx")[0]) == {"conv float": 1, "conv fp8": 3, "matmul float": 4}
    mixed, _ = to_fp16(tmp_path / "b.onnx", tmp_path / "c.onnx")
    assert (mixed.precision, mixed.tools["mixed"]) == (Precision.FP8, "fp8+fp16")
    assert graph.census(graph.load(tmp_path / "c.onnx")[0]) == {"conv half": 1, "conv fp8": 3, "matmul half": 4}
    pixels = np.concatenate(list(calibration.batches(35)))
    with OnnxSession(src) as one, OnnxSession(tmp_path / "b.onnx") as two, OnnxSession(tmp_path / "c.onnx") as three:
        want = one.infer(pixels)
        for got in (two.infer(pixels), three.infer(pixels)):
            assert 0 < np.abs(got - want).max() < 0.1 * np.abs(want).max()


def test_the_scale_of_a_tensor_brings_its_largest_value_to_448(tmp_path, calibration):
    from onnx import numpy_helper

    src = tiny_net.write(tmp_path / "a.onnx")
    ranges = measure_int8(src, calibration, lambda number, text: None)
    write_fp8(src, ranges, tmp_path / "b.onnx")
    model, _ = graph.load(tmp_path / "b.onnx")
    stored = {item.name: item for item in model.graph.initializer}
    floats = {item.name: numpy_helper.to_array(item) for item in tiny_net.model().graph.initializer}
    seen = 0
    for node in model.graph.node:
        if node.op_type not in {"QuantizeLinear", "DequantizeLinear"}:
            continue
        scale = numpy_helper.to_array(stored[node.input[1]])
        assert scale.shape == ()
        name = node.input[0].removesuffix("_quantised")
        peak = np.abs(floats[name]).max() if name in floats else ranges.peak(name)
        assert scale == pytest.approx(peak / 448, rel=1e-6)
        seen += name in floats
    assert seen == 3


def test_rounding_is_that_of_onnx_runtime():
    from onnx import TensorProto, helper

    generator = np.random.default_rng(0)
    numbers = [(1 + step / 8) * 2.0**power for power in range(-6, 9) for step in range(8)]
    numbers = np.array([step / 8 * 2.0**-6 for step in range(8)] + numbers[:-1])
    ties = (numbers[1:] + numbers[:-1]) / 2
    spread = generator.normal(0, 1, 20_000) * np.exp(generator.normal(0, 4, 20_000))
    tries = np.concatenate([numbers, ties, -ties, spread, [1e9, -1e9, 464, 449]]).astype(np.float32)
    zero = helper.make_tensor("zero", TensorProto.FLOAT8E4M3FN, (), b"\0", raw=True)
    one = helper.make_tensor("one", TensorProto.FLOAT, (), [1.0])
    mine = helper.make_tensor("mine", TensorProto.FLOAT8E4M3FN, tries.shape, round_to_e4m3(tries).tobytes(), raw=True)
    nodes = [
        helper.make_node("QuantizeLinear", ["x", "one", "zero"], ["steps"]),
        helper.make_node("DequantizeLinear", ["steps", "one", "zero"], ["theirs"]),
        helper.make_node("DequantizeLinear", ["mine", "one", "zero"], ["ours"]),
    ]
    pixels, *results = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, tries.shape) for name in ("x", "theirs", "ours")
    ]
    made = helper.make_graph(nodes, "g", [pixels], results, [zero, one, mine])
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    theirs, ours = session.run(None, {"x": tries})
    np.testing.assert_array_equal(ours, theirs)


def test_the_first_products_are_those_that_meet_the_pixels():
    assert first_products(tiny_net.model()) == ["stem"]


def test_layers_may_be_kept_and_foreign_ranges_are_refused(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    ranges = measure_int8(src, calibration, lambda number, text: None)
    write_fp8(src, ranges, tmp_path / "b.onnx", frozenset({"conv1"}))
    assert graph.census(graph.load(tmp_path / "b.onnx")[0])["conv fp8"] == 2
    with pytest.raises(BuildError, match="no convolution for FP8"):
        write_fp8(src, ranges, tmp_path / "c.onnx", frozenset({"conv1", "conv2", "shortcut"}))
    with pytest.raises(ArtifactError, match="was not measured"):
        write_fp8(src, Ranges(ranges.method, {}), tmp_path / "c.onnx")
    with pytest.raises(BuildError, match="is fp8 already"):
        write_fp8(tmp_path / "b.onnx", ranges, tmp_path / "c.onnx")
    old = tiny_net.model()
    old.opset_import[0].version = 18
    with pytest.raises(BuildError, match="opset 18, and FP8 needs 19"):
        write_fp8(tiny_net.write(tmp_path / "old.onnx", old), ranges, tmp_path / "c.onnx")
    assert not (tmp_path / "c.onnx").exists()
