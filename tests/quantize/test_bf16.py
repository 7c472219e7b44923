from __future__ import annotations

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.errors import BackendError, BuildError
from edgefer.quantize import graph
from edgefer.quantize.bf16 import round_to_bfloat16, to_bf16
from edgefer.quantize.fp16 import to_fp16
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


def test_everything_becomes_bfloat16_and_answers_stay(tmp_path):
    import onnx

    src = tiny_net.write(tmp_path / "a.onnx")
    card = to_bf16(src, tmp_path / "b.onnx")
    assert card.precision is Precision.BF16
    model, written = graph.load(tmp_path / "b.onnx")
    assert written == card
    assert graph.census(model) == {"conv bfloat16": 4, "matmul bfloat16": 4}
    assert [item.name for item in model.graph.initializer if item.data_type == onnx.TensorProto.FLOAT] == []
    pixels = tiny_net.faces().pixels[:, None, :32, :32].astype(np.float32)
    with OnnxSession(src) as first, OnnxSession(tmp_path / "b.onnx") as second:
        want, got = first.infer(pixels), second.infer(pixels)
    assert 0 < np.abs(got - want).max() < 0.03 * np.abs(want).max()


def test_rounding_is_to_the_nearest_and_of_two_to_the_even():
    # 1 + 1/128 is the next number after 1: half-way between them is even 1, half-way beyond is even 1 + 2/128.
    values = [1.0, 1 + 1 / 256, 1 + 1.01 / 256, 1 + 3 / 256, -(1 + 3 / 256), 0.0, -0.0, 255.0, 3.3895e38, 1e-37]
    bits = round_to_bfloat16(np.float32(values)).astype(np.uint32) << 16
    want = [1.0, 1.0, 1 + 1 / 128, 1 + 2 / 128, -(1 + 2 / 128), 0.0, -0.0, 255.0, 3.3895e38, 1e-37]
    np.testing.assert_allclose(bits.view(np.float32), want, rtol=2e-3)
    np.testing.assert_array_equal(bits.view(np.float32)[:8], np.float32(want[:8]))


def test_rounding_is_that_of_onnx_runtime():
    import onnxruntime
    from onnx import TensorProto, helper

    nodes = [
        helper.make_node("Cast", ["x"], ["narrow"], to=TensorProto.BFLOAT16),
        helper.make_node("Cast", ["narrow"], ["y"], to=TensorProto.FLOAT),
    ]
    tensors = [[helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n"])] for name in "xy"]
    model = helper.make_model(
        helper.make_graph(nodes, "g", *tensors), opset_imports=[helper.make_opsetid("", 20)], ir_version=10
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    generator = np.random.default_rng(0)
    values = (generator.normal(size=20_000) * np.exp(generator.normal(0, 10, 20_000))).astype(np.float32)
    mine = (round_to_bfloat16(values).astype(np.uint32) << 16).view(np.float32)
    np.testing.assert_array_equal(session.run(None, {"x": values})[0], mine)


def test_pixels_are_exact_in_bfloat16():
    pixels = np.arange(256, dtype=np.float32)
    np.testing.assert_array_equal((round_to_bfloat16(pixels).astype(np.uint32) << 16).view(np.float32), pixels)


def test_constants_inside_the_graph_and_casts_are_converted(tmp_path):
    from onnx import TensorProto, helper, numpy_helper

    model = tiny_net.model()
    last = next(node for node in model.graph.node if node.name == "fc2")
    last.output[0] = "logits_raw"
    half = numpy_helper.from_array(np.float32(0.5))
    model.graph.node.extend(
        [
            helper.make_node("Constant", [], ["half"], value=half),
            helper.make_node("Cast", ["logits_raw"], ["same"], to=TensorProto.FLOAT),
            helper.make_node("Mul", ["same", "half"], ["logits"]),
        ]
    )
    src = tiny_net.write(tmp_path / "a.onnx", model)
    to_bf16(src, tmp_path / "b.onnx")
    pixels = tiny_net.faces().pixels[:20, None, :32, :32].astype(np.float32)
    with OnnxSession(src) as first, OnnxSession(tmp_path / "b.onnx") as second:
        np.testing.assert_allclose(second.infer(pixels), first.infer(pixels), atol=0.05)


def test_what_bfloat16_cannot_be_made_of_is_refused(tmp_path, monkeypatch):
    import onnx
    from onnx import helper, numpy_helper

    src = tiny_net.write(tmp_path / "a.onnx")
    to_fp16(src, tmp_path / "half.onnx")
    with pytest.raises(BuildError, match="is fp16 already"):
        to_bf16(tmp_path / "half.onnx", tmp_path / "b.onnx")

    broken = tiny_net.model()
    for item in broken.graph.initializer:
        if item.name == "stem.weight":
            item.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(item) * np.float32(np.inf), item.name))
    with pytest.raises(BuildError, match=r"stem.weight in .* not finite"):
        to_bf16(tiny_net.write(tmp_path / "c.onnx", broken), tmp_path / "b.onnx")

    odd = tiny_net.model()
    node = next(node for node in odd.graph.node if node.name == "fc1_relu")
    scales = numpy_helper.from_array(np.float32([1, 1]), "scales")
    odd.graph.initializer.append(scales)
    node.CopyFrom(helper.make_node("Resize", [node.input[0], "", "scales"], [node.output[0]], name="grow"))
    seen = onnx.defs.get_schema("Resize", 22, "").type_constraints[0].allowed_type_strs
    assert "tensor(bfloat16)" in seen  # its pictures may be bfloat16, its scales may not
    with pytest.raises(BuildError, match=r"holds a float32 that must stay one: .*Resize, node name: grow"):
        to_bf16(tiny_net.write(tmp_path / "d.onnx", odd), tmp_path / "b.onnx")
    assert not (tmp_path / "b.onnx").exists()

    monkeypatch.setattr(onnx.defs, "onnx_opset_version", lambda: 21)
    with pytest.raises(BackendError, match=r"BF16 needs onnx 1\.17"):
        to_bf16(src, tmp_path / "b.onnx")


def test_an_operation_without_bfloat16_is_named(tmp_path):
    from onnx import helper

    model = tiny_net.model()
    node = next(node for node in model.graph.node if node.name == "fc1_relu")
    node.CopyFrom(helper.make_node("Sin", list(node.input), list(node.output), name="wave"))
    src = tiny_net.write(tmp_path / "a.onnx", model)
    to_bf16(src, tmp_path / "b.onnx")  # Sin has it since opset 22
    node = next(node for node in model.graph.node if node.name == "wave")
    node.CopyFrom(helper.make_node("Celu", list(node.input), list(node.output), name="odd"))
    with pytest.raises(BuildError, match=r"Celu \(odd\) in .* has no BF16"):
        to_bf16(tiny_net.write(tmp_path / "c.onnx", model), tmp_path / "d.onnx")
