"""Ranges of hand-made activations, whose right answers are known."""

from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import ArtifactError, BuildError, UsageError
from edgefer.quantize.method import Method
from edgefer.quantize.ranges import Ranges, measure, passes


class Faces:
    """What `measure` asks of a calibration set, for any values: float32 `[N, 1, H, W]`."""

    def __init__(self, pixels):
        self.pixels = pixels

    def batches(self, size):
        for start in range(0, len(self.pixels), size):
            yield np.asarray(self.pixels[start : start + size], np.float32)


def network(*nodes):
    """pixels -> the nodes given as (kind, input, output), with the constants `half` and `nan`."""
    from onnx import TensorProto, helper, numpy_helper

    constants = [numpy_helper.from_array(np.float32(value), name) for name, value in (("half", 0.5), ("nan", np.nan))]
    made = [helper.make_node(kind, inputs.split(), [output]) for kind, inputs, output in nodes]
    pixels = helper.make_tensor_value_info("pixels", TensorProto.FLOAT, ["batch", 1, 100, 100])
    last = helper.make_tensor_value_info(nodes[-1][2], TensorProto.FLOAT, ["batch", 1, 100, 100])
    graph = helper.make_graph(made, "values", [pixels], [last], constants)
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 20)], ir_version=10)


PLAIN = network(("Mul", "pixels half", "halves"), ("Relu", "halves", "positive"))


def ignore(advance, note):
    pass


def one_outlier(value=40):
    """70 faces of even noise within -2..2, but one pixel of the last face: 1 of 700,000 values."""
    pixels = np.random.default_rng(0).uniform(-2, 2, (70, 1, 100, 100)).astype(np.float32)
    pixels[-1, 0, 50, 50] = value
    return Faces(pixels)


def test_minmax_holds_every_value():
    ranges = measure(PLAIN, ["halves", "pixels", "positive"], one_outlier(), ignore, Method.MINMAX)
    assert ranges["pixels"] == (pytest.approx(-2, abs=0.01), 40)
    assert ranges["halves"] == (pytest.approx(-1, abs=0.01), 20)
    assert ranges["positive"] == (0, 20)
    assert ranges.peak("halves") == 20
    assert ranges.how == "minmax"


@pytest.mark.parametrize("method", [Method.ENTROPY, Method.PERCENTILE])
def test_the_other_methods_cut_an_outlier_off(method):
    ranges = measure(PLAIN, ["halves", "positive"], one_outlier(), ignore, method)
    # A part of the histogram is 0.01 wide; the entropy's cut is no less than a sixteenth of the largest.
    for name, low in (("halves", -1), ("positive", 0)):
        assert ranges[name] == (pytest.approx(low, abs=0.02), pytest.approx(1, abs=0.3)), name


@pytest.mark.parametrize("method", [Method.ENTROPY, Method.PERCENTILE])
def test_an_outlier_below_is_cut_off_as_well(method):
    assert measure(PLAIN, ["halves"], one_outlier(-40), ignore, Method.MINMAX)["halves"][0] == -20
    ranges = measure(PLAIN, ["halves"], one_outlier(-40), ignore, method)
    assert ranges["halves"] == (pytest.approx(-1, abs=0.3), pytest.approx(1, abs=0.02))


def test_a_percentile_is_of_the_magnitudes():
    ranges = measure(PLAIN, ["halves"], one_outlier(), ignore, Method.PERCENTILE, percentile=60)
    assert ranges["halves"] == (pytest.approx(-0.6, abs=0.02), pytest.approx(0.6, abs=0.02))
    assert ranges.how == "percentile 60"
    assert ranges.percentile == 60
    whole = measure(PLAIN, ["halves"], one_outlier(), ignore, Method.PERCENTILE, percentile=100)
    assert whole.bounds == measure(PLAIN, ["halves"], one_outlier(), ignore, Method.MINMAX).bounds


@pytest.mark.parametrize("method", list(Method))
def test_measured_again_they_are_the_same_to_the_bit(method):
    first, second = (measure(PLAIN, ["halves", "positive"], one_outlier(), ignore, method) for _ in range(2))
    assert first == second


def test_zero_is_always_within():
    ranges = measure(PLAIN, ["halves"], Faces(np.full((3, 1, 100, 100), 8, np.float32)), ignore, Method.MINMAX)
    assert ranges["halves"] == (0, 4)


@pytest.mark.parametrize("method", list(Method))
def test_nothing_but_zeros_has_an_empty_range(method):
    ranges = measure(PLAIN, ["halves"], Faces(np.zeros((3, 1, 100, 100), np.float32)), ignore, method)
    assert ranges["halves"] == (0, 0)


@pytest.mark.parametrize("method", list(Method))
def test_every_pass_is_reported(method):
    steps = []
    measure(PLAIN, ["halves"], one_outlier(), lambda advance, _: steps.append(advance), method)
    assert sum(steps) == 70 * passes(method)
    assert max(steps) <= 32, "batches stay small"


def test_values_that_are_not_finite_are_refused():
    broken = network(("Mul", "pixels nan", "product"))
    with pytest.raises(BuildError, match="values of product are not finite"):
        measure(broken, ["product"], one_outlier(), ignore)


@pytest.mark.parametrize("percentile", [0, 49, 100.1, float("nan")])
def test_an_impossible_percentile_is_refused(percentile):
    with pytest.raises(UsageError, match="is not possible"):
        measure(PLAIN, ["halves"], one_outlier(), ignore, Method.PERCENTILE, percentile)


def test_ranges_of_another_network_are_refused():
    with pytest.raises(ArtifactError, match="the range of other was not measured"):
        Ranges(Method.MINMAX, {"halves": (0, 1)}).peak("other")
