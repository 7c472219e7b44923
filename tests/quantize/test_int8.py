from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from edgefer.card import InputSpec, Precision
from edgefer.errors import ArtifactError, BuildError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import gates, measure_int8, quantisable, to_int8, write_ranges
from edgefer.quantize.method import Method
from edgefer.quantize.pool import screen
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


@pytest.fixture
def calibration(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set")


def arrays(model):
    from onnx import numpy_helper

    return {item.name: numpy_helper.to_array(item) for item in model.graph.initializer}


def test_the_graph_has_the_one_form_that_tensorrt_compiles(tmp_path, calibration):
    card = to_int8(tiny_net.write(tmp_path / "a.onnx"), calibration, tmp_path / "b.onnx")
    assert card.precision is Precision.INT8
    model, written = graph.load(tmp_path / "b.onnx")
    assert written == card
    assert graph.census(model) == {"conv int8": 4, "matmul float": 4}
    assert [item.domain for item in model.opset_import] == [""]

    made_by = {output: node for node in model.graph.node for output in node.output}
    values = arrays(model)
    for node in model.graph.node:
        if node.op_type == "QuantizeLinear":
            assert values[node.input[1]].shape == (), "one scale an activation"
        if node.op_type in {"QuantizeLinear", "DequantizeLinear"}:
            zero = values[node.input[2]]
            assert zero.dtype == np.int8
            assert not zero.any(), "symmetric"
        if node.op_type == "Conv":
            assert made_by[node.input[0]].op_type == "DequantizeLinear"
            weights = made_by[node.input[1]]
            assert weights.op_type == "DequantizeLinear"
            assert values[weights.input[0]].dtype == np.int8, "stored as INT8"
            assert values[weights.input[1]].shape == (tiny_net.WIDTH,), "one scale a channel"
            assert values[node.input[2]].dtype == np.float32, "bias not quantised"
    assert "QuantizeLinear" not in {
        consumer.op_type
        for node in model.graph.node
        if node.op_type == "Conv"
        for consumer in model.graph.node
        if node.output[0] in consumer.input
    }, "outputs not quantised"


def test_scales_come_from_the_calibration_faces(tmp_path, calibration):
    to_int8(tiny_net.write(tmp_path / "a.onnx"), calibration, tmp_path / "b.onnx")
    model, _ = graph.load(tmp_path / "b.onnx")
    values = arrays(model)
    stem = next(node for node in model.graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "normalised")
    largest = np.abs(np.asarray(calibration.pixels, np.float32) / 65 - 2).max()
    assert values[stem.input[1]] == pytest.approx(largest / 127, rel=0.01)


def scales(path):
    """The scale of each activation that is quantised, by its name."""
    model, _ = graph.load(path)
    values = arrays(model)
    return {
        node.input[0]: float(values[node.input[1]]) for node in model.graph.node if node.op_type == "QuantizeLinear"
    }


def test_minmax_is_what_onnx_runtime_quantises(tmp_path, calibration):
    """Scales and weights to the bit."""
    from onnxruntime.quantization import CalibrationMethod, QuantFormat, QuantType, quantize_static

    batches = ({"pixels": batch} for batch in calibration.batches(32))
    src = tiny_net.write(tmp_path / "a.onnx")
    quantize_static(
        str(src),
        str(tmp_path / "theirs.onnx"),
        type("Reader", (), {"get_next": lambda self: next(batches, None)})(),
        quant_format=QuantFormat.QDQ,
        op_types_to_quantize=["Conv"],
        per_channel=True,
        activation_type=QuantType.QInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={
            "ActivationSymmetric": True,
            "WeightSymmetric": True,
            "QuantizeBias": False,
            "AddQDQPairToWeight": False,
            "OpTypesToExcludeOutputQuantization": ["Conv"],
        },
    )
    to_int8(src, calibration, tmp_path / "ours.onnx", Method.MINMAX)
    assert scales(tmp_path / "ours.onnx") == scales(tmp_path / "theirs.onnx")
    theirs, ours = (arrays(graph.load(tmp_path / f"{name}.onnx")[0]) for name in ("theirs", "ours"))
    for layer in ("stem", "conv1", "conv2", "shortcut"):
        assert (ours[f"{layer}.weight_quantised"] == theirs[f"{layer}.weight_quantized"]).all(), layer
        assert (ours[f"{layer}.weight_scale"] == theirs[f"{layer}.weight_scale"]).all(), layer
    pixels = np.concatenate(list(calibration.batches(70)))
    with OnnxSession(tmp_path / "ours.onnx") as mine, OnnxSession(tmp_path / "theirs.onnx") as other:
        assert mine.infer(pixels) == pytest.approx(other.infer(pixels), abs=1e-5)


@pytest.mark.parametrize("method", list(Method))
def test_the_card_says_how_ranges_were_chosen(tmp_path, calibration, method):
    card = to_int8(tiny_net.write(tmp_path / "a.onnx"), calibration, tmp_path / "b.onnx", method)
    assert card.tools["calibration"] == ("percentile 99.99" if method is Method.PERCENTILE else method.value)


def test_percentile_cuts_scales_and_nothing_else(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    to_int8(src, calibration, tmp_path / "b.onnx", Method.MINMAX)
    to_int8(src, calibration, tmp_path / "c.onnx", Method.PERCENTILE, percentile=90)
    whole, cut = scales(tmp_path / "b.onnx"), scales(tmp_path / "c.onnx")
    assert whole.keys() == cut.keys()
    assert all(cut[name] < 0.9 * whole[name] for name in whole)


def test_ranges_are_measured_once_and_written_often(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    ranges = measure_int8(src, calibration, lambda advance, note: None)
    write_ranges(src, ranges, tmp_path / "b.onnx")
    to_int8(src, calibration, tmp_path / "c.onnx")
    assert (tmp_path / "b.onnx").read_bytes() == (tmp_path / "c.onnx").read_bytes(), "reproducible to the bit"
    write_ranges(src, ranges, tmp_path / "d.onnx", {"conv1", "shortcut"})
    model, _ = graph.load(tmp_path / "d.onnx")
    assert graph.census(model) == {"conv float": 2, "conv int8": 2, "matmul float": 4}
    convolutions = {node.name: node.input for node in model.graph.node if node.op_type == "Conv"}
    assert list(convolutions["conv1"]) == ["stem_relu", "conv1.weight", "conv1.bias"], "not touched"
    assert "stem_relu" not in scales(tmp_path / "d.onnx"), "what only they take is not quantised either"


def test_quantisable_convolutions_are_listed_in_graph_order():
    assert quantisable(tiny_net.model()) == ("stem", "conv1", "conv2", "shortcut")
    assert quantisable(tiny_net.model(conv_gate=True)) == ("stem", "conv1", "conv2", "shortcut"), "gates are not"


def test_what_cannot_be_kept_is_refused(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx", tiny_net.model(conv_gate=True))
    ranges = measure_int8(src, calibration, lambda advance, note: None)
    with pytest.raises(UsageError, match=r"no convolution 'conv3' .* did you mean conv\d\?"):
        write_ranges(src, ranges, tmp_path / "b.onnx", {"conv3"})
    with pytest.raises(UsageError, match="no convolution 'gate1' that INT8 would quantise"):
        write_ranges(src, ranges, tmp_path / "b.onnx", {"gate1"})
    with pytest.raises(BuildError, match="no convolution left to quantise"):
        write_ranges(src, ranges, tmp_path / "b.onnx", {"stem", "conv1", "conv2", "shortcut"})
    assert not (tmp_path / "b.onnx").exists()


def test_an_old_operator_set_is_refused(tmp_path, calibration):
    made = tiny_net.model()
    made.opset_import[0].version = 12
    src = tiny_net.write(tmp_path / "a.onnx", made)
    with pytest.raises(BuildError, match="has opset 12, and INT8 needs 13"):
        to_int8(src, calibration, tmp_path / "b.onnx")


def test_answers_stay_close_in_both_forms(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    to_int8(src, calibration, tmp_path / "int8.onnx")
    mixed, _ = to_fp16(tmp_path / "int8.onnx", tmp_path / "mixed.onnx")
    assert mixed.precision is Precision.INT8
    assert mixed.tools["mixed"] == "int8+fp16"
    assert graph.census(graph.load(tmp_path / "mixed.onnx")[0]) == {"conv int8": 4, "matmul half": 4}
    pixels = np.concatenate(list(calibration.batches(70)))
    with OnnxSession(src) as reference:
        want = reference.infer(pixels)
    for name in ("int8", "mixed"):
        with OnnxSession(tmp_path / f"{name}.onnx") as session:
            got = session.infer(pixels)
        assert np.abs(got - want).max() < 0.05 * np.abs(want).max(), name
        assert np.abs(got - want).max() > 0, name


def test_gates_of_convolutions_stay_in_float(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx", tiny_net.model(conv_gate=True))
    assert sorted(gates(tiny_net.model(conv_gate=True))) == ["gate1", "gate2"]
    assert gates(tiny_net.model()) == []
    to_int8(src, calibration, tmp_path / "b.onnx")
    census = Counter(graph.census(graph.load(tmp_path / "b.onnx")[0]))
    assert census == {"conv int8": 4, "conv float": 2, "matmul float": 2}


def test_a_set_made_for_another_model_is_refused(tmp_path):
    larger = tiny_net.card(input=InputSpec(height=40, width=40))
    other = make_calibration_set(screen(tiny_net.faces()), larger, 7, tmp_path / "set")
    with pytest.raises(ArtifactError, match="made for other preprocessing"):
        to_int8(tiny_net.write(tmp_path / "a.onnx"), other, tmp_path / "b.onnx")
    assert not (tmp_path / "b.onnx").exists()


def test_a_file_that_is_no_float32_is_refused(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx", own_card=tiny_net.card(precision=Precision.INT8))
    with pytest.raises(BuildError, match="is int8 already"):
        to_int8(src, calibration, tmp_path / "b.onnx")


def test_a_network_without_convolutions_is_refused(tmp_path, calibration):
    from onnx import TensorProto, helper, numpy_helper

    weights = numpy_helper.from_array(np.ones((1024, 7), np.float32), "w")
    made = helper.make_model(
        helper.make_graph(
            [helper.make_node("Flatten", ["pixels"], ["flat"]), helper.make_node("MatMul", ["flat", "w"], ["logits"])],
            "flat",
            [helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 1, 32, 32])],
            [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", 7])],
            [weights],
        ),
        opset_imports=[helper.make_opsetid("", 20)],
        ir_version=10,
    )
    with pytest.raises(BuildError, match="no convolution to quantise"):
        to_int8(tiny_net.write(tmp_path / "a.onnx", made), calibration, tmp_path / "b.onnx")
