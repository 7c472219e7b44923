from __future__ import annotations

import numpy as np

from edgefer.card import Precision
from edgefer.quantize.bf16 import to_bf16
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.fp8 import to_fp8
from edgefer.quantize.pool import screen
from edgefer.runtime.onnx import OnnxSession, open_graph
from edgefer.runtime.rounded import in_float32
from tests import tiny_net


def bfloat16(values):
    """By truncation of a sum that rounds: another way than the product's."""
    bits = np.asarray(values, np.float32).view(np.uint32).astype(np.uint64)
    even = (bits >> np.uint64(16)) & np.uint64(1)
    return (((bits + np.uint64(0x7FFF) + even) >> np.uint64(16)) << np.uint64(16)).astype(np.uint32).view(np.float32)


def test_every_operation_is_rounded(tmp_path):
    """Two products worked out by hand; without a rounding between them the result is another."""
    import onnx
    import onnxruntime
    from onnx import TensorProto, helper, numpy_helper

    weights = np.float32([1 + 1 / 128, 3.0])
    constants = []
    for name, value in zip("ab", weights, strict=True):
        bits = (np.float32([value]).view(np.uint32) >> 16).astype("<u2").tobytes()
        constants.append(helper.make_tensor(name, TensorProto.BFLOAT16, (1,), bits, raw=True))
    nodes = [
        helper.make_node("Cast", ["x"], ["n"], to=TensorProto.BFLOAT16),
        helper.make_node("Mul", ["n", "a"], ["p"]),
        helper.make_node("Mul", ["p", "b"], ["q"]),
        helper.make_node("Cast", ["q"], ["y"], to=TensorProto.FLOAT),
    ]
    tensors = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"])] for name in "xy"]
    graph = helper.make_graph(nodes, "g", *tensors, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 22)], ir_version=10)
    simulated = in_float32(model)
    onnx.checker.check_model(simulated, full_check=True)
    session = onnxruntime.InferenceSession(simulated.SerializeToString(), providers=["CPUExecutionProvider"])
    x = np.linspace(1, 2, 301, dtype=np.float32)
    (got,) = session.run(None, {"x": x})
    np.testing.assert_array_equal(got, bfloat16(bfloat16(bfloat16(x) * weights[0]) * weights[1]))
    assert (got != bfloat16(x * weights[0] * weights[1])).any()
    assert numpy_helper.to_array(simulated.graph.initializer[0]).dtype == np.float32


def test_a_session_simulates_bfloat16_and_says_so(tmp_path):
    src = tiny_net.write(tmp_path / "a.onnx")
    to_bf16(src, tmp_path / "b.onnx")
    pixels = tiny_net.faces().pixels[:30, None, :32, :32].astype(np.float32)
    with OnnxSession(tmp_path / "b.onnx") as session:
        assert session.card.precision is Precision.BF16
        assert session.backend == "onnxruntime cpu, bf16 simulated"
        logits = session.infer(pixels)
    np.testing.assert_array_equal(logits, bfloat16(logits))
    with OnnxSession(src) as session:
        assert session.backend == "onnxruntime cpu"


def test_fp8_is_run_as_it_stands(tmp_path):
    """ONNX Runtime's optimiser turns these graphs into ones that it refuses or that answer otherwise."""
    import onnxruntime

    src = tiny_net.write(tmp_path / "a.onnx")
    calibration = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 14, tmp_path / "set")
    to_fp8(src, calibration, tmp_path / "b.onnx")
    pixels = np.concatenate(list(calibration.batches(14)))
    with OnnxSession(tmp_path / "b.onnx") as session:
        got = session.infer(pixels)
    plain = open_graph(tmp_path / "b.onnx", optimise=False)
    np.testing.assert_array_equal(got, plain.run(None, {"pixels": pixels})[0])
    options = plain.get_session_options()
    assert options.graph_optimization_level == onnxruntime.GraphOptimizationLevel.ORT_DISABLE_ALL
