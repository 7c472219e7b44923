from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.errors import ArtifactError, BuildError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.cpu import affine, integers, is_for_cpu, steps_of, to_cpu_int8
from edgefer.quantize.method import Method
from edgefer.quantize.pool import screen
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


@pytest.fixture
def calibration(tmp_path):
    return make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 70, tmp_path / "set")


def optimised(path, into):
    """Operators of the graph that ONNX Runtime really runs."""
    import onnx
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.optimized_model_filepath = str(into)
    ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    return Counter(node.op_type for node in onnx.load(str(into)).graph.node)


def pooled():
    """The small network with pooling by maximum behind its first ReLU."""
    from onnx import helper

    made = tiny_net.model()
    place = next(index for index, node in enumerate(made.graph.node) if node.output[0] == "stem_relu")
    for node in made.graph.node:
        for index, name in enumerate(node.input):
            if name == "stem_relu":
                node.input[index] = "pool"
    pool = helper.make_node(
        "MaxPool", ["stem_relu"], ["pool"], name="pool", kernel_shape=[3, 3], pads=[1] * 4, strides=[1, 1]
    )
    made.graph.node.insert(place + 1, pool)
    return made


@pytest.mark.parametrize("method", list(Method))
def test_it_runs_in_integer_kernels_and_agrees_with_float(tmp_path, calibration, method):
    src = tiny_net.write(tmp_path / "a.onnx", pooled())
    card = to_cpu_int8(src, calibration, tmp_path / "b.onnx", method)
    operators = optimised(tmp_path / "b.onnx", tmp_path / "run.onnx")
    assert operators["QLinearConv"] == 4
    assert operators["Conv"] + operators["FusedConv"] == 0
    assert operators["Relu"] == 0, "quantising cuts off the same"
    assert operators["QLinearAdd"] == 1, "the residual sum"
    assert operators["QuantizeLinear"] == 1, "pixels become steps once and stay steps"
    assert card == graph.load(tmp_path / "b.onnx")[1]
    pixels = np.concatenate(list(calibration.batches(70)))
    with OnnxSession(src) as reference, OnnxSession(tmp_path / "b.onnx") as session:
        want, got = reference.infer(pixels), session.infer(pixels)
    assert (want.argmax(axis=1) == got.argmax(axis=1)).mean() > 0.97
    assert 0 < np.abs(got - want).max() < 0.06 * np.abs(want).max()


def test_the_card_says_what_it_is(tmp_path, calibration):
    card = to_cpu_int8(tiny_net.write(tmp_path / "a.onnx"), calibration, tmp_path / "b.onnx", Method.ENTROPY)
    assert card.precision is Precision.INT8
    assert card.tools["target"] == "cpu"
    assert card.tools["calibration"] == "entropy"
    assert is_for_cpu(card)
    assert not is_for_cpu(tiny_net.card())
    assert graph.census(graph.load(tmp_path / "b.onnx")[0]) == {"conv int8": 4, "matmul float": 4}


def test_it_is_written_the_same_to_the_bit(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    for name in ("b", "c"):
        to_cpu_int8(src, calibration, tmp_path / f"{name}.onnx")
    assert (tmp_path / "b.onnx").read_bytes() == (tmp_path / "c.onnx").read_bytes()


def test_gates_and_what_is_kept_stay_in_float(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx", tiny_net.model(conv_gate=True))
    to_cpu_int8(src, calibration, tmp_path / "b.onnx", keep={"conv2"})
    model, _ = graph.load(tmp_path / "b.onnx")
    assert graph.census(model) == {"conv int8": 3, "conv float": 3, "matmul float": 2}
    kept = next(node for node in model.graph.node if node.name == "conv2")
    assert list(kept.input[1:]) == ["conv2.weight", "conv2.bias"]
    with OnnxSession(tmp_path / "b.onnx") as session:
        assert np.isfinite(session.infer(next(calibration.batches(8)))).all()


def test_what_is_held_in_steps():
    """Each tensor and the one whose range it has: pooling by maximum changes none."""
    made = pooled()
    assert integers(made, {"stem", "conv1", "conv2", "shortcut"}) == {
        "normalised": "normalised",
        "stem_relu": "stem_relu",
        "pool": "stem_relu",
        "inner_relu": "inner_relu",
        "conv2": "conv2",
        "shortcut": "shortcut",
        "out": "out",
    }
    assert "scaled" not in integers(made, {"stem"}), "the sum with a constant in front of the first convolution"
    assert integers(made, {"conv1"}) == {"pool": "pool", "inner_relu": "inner_relu"}


def test_a_sum_with_a_constant_is_no_sum_of_steps():
    from onnx import helper

    made = tiny_net.model()
    place = next(index for index, node in enumerate(made.graph.node) if node.name == "conv1")
    made.graph.node[place].input[0] = "more"
    made.graph.node.insert(place, helper.make_node("Add", ["stem_relu", "shift"], ["more"]))
    assert integers(made, {"stem", "conv1"}) == {
        "normalised": "normalised",
        "stem_relu": "stem_relu",
        "more": "more",
        "inner_relu": "inner_relu",
    }


def test_two_convolutions_may_share_a_bias(tmp_path, calibration):
    """Its steps depend on what each of them takes."""
    made = tiny_net.model()
    for node in made.graph.node:
        if node.op_type == "Conv":
            node.input[2] = "stem.bias"
    src = tiny_net.write(tmp_path / "a.onnx", made)
    to_cpu_int8(src, calibration, tmp_path / "b.onnx")
    assert optimised(tmp_path / "b.onnx", tmp_path / "run.onnx")["QLinearConv"] == 4
    pixels = next(calibration.batches(32))
    with OnnxSession(src) as reference, OnnxSession(tmp_path / "b.onnx") as session:
        assert session.infer(pixels) == pytest.approx(reference.infer(pixels), abs=0.1)


@pytest.mark.parametrize(
    ("bounds", "scale", "zero"),
    [((0, 5.1), 0.02, 0), ((-2.55, 2.55), 0.02, 128), ((-5.1, 0), 0.02, 255), ((0, 0), 1, 0)],
)
def test_steps_of_a_range(bounds, scale, zero):
    found, point = affine(*bounds)
    assert (found.dtype, point.dtype) == (np.float32, np.uint8)
    assert found == pytest.approx(scale)
    assert point == zero


def test_zero_is_a_step_of_every_range():
    for low, high in np.random.default_rng(0).uniform(0.01, 10, (50, 2)):
        scale, zero = affine(-low, high)
        lowest, highest = (0 - int(zero)) * float(scale), (255 - int(zero)) * float(scale)
        assert lowest == pytest.approx(-low, abs=float(scale)), "half a step at most is lost"
        assert highest == pytest.approx(high, abs=float(scale))


def test_weights_and_bias_in_steps():
    weights = np.float32([[[[1.27]], [[-0.3]]], [[[0]], [[0]]]])
    steps, scales, offsets = steps_of(weights, np.float32([0.5, 3]), 0.1)
    assert steps[:, :, 0, 0].tolist() == [[127, -30], [0, 0]]
    assert scales == pytest.approx([0.01, 1])
    assert offsets.tolist() == [500, 30]


def test_a_large_bias_of_tiny_weights_still_fits():
    steps, scales, offsets = steps_of(np.full((1, 1, 1, 1), 1e-12, np.float32), np.float32([4]), 0.1)
    assert abs(int(offsets[0])) <= 2**30
    assert offsets[0] * scales[0] * 0.1 == pytest.approx(4, rel=1e-3)
    assert steps.item() == 0, "beside such a bias the weights are nothing"


def test_refusals(tmp_path, calibration):
    src = tiny_net.write(tmp_path / "a.onnx")
    with pytest.raises(UsageError, match=r"no convolution 'conv9' .* did you mean conv"):
        to_cpu_int8(src, calibration, tmp_path / "b.onnx", keep={"conv9"})
    to_cpu_int8(src, calibration, tmp_path / "b.onnx")
    with pytest.raises(BuildError, match="is int8 already"):
        to_cpu_int8(tmp_path / "b.onnx", calibration, tmp_path / "c.onnx")
    other = tiny_net.card(provenance=tiny_net.card().provenance.model_copy(update={"dataset": "fer2013"}), name="x")
    with pytest.raises(ArtifactError, match="was trained on fer2013"):
        to_cpu_int8(tiny_net.write(tmp_path / "d.onnx", own_card=other), calibration, tmp_path / "c.onnx")
    assert not (tmp_path / "c.onnx").exists()
