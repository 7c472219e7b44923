from __future__ import annotations

import sys
import warnings

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.errors import BackendError, BuildError
from edgefer.quantize import graph
from edgefer.quantize.fp16 import Rounding, to_fp16
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


def with_weights(tmp_path, change):
    """The tiny net with the first convolution's weights passed through `change`."""
    from onnx import numpy_helper

    model = tiny_net.model()
    for item in model.graph.initializer:
        if item.name == "stem.weight":
            item.CopyFrom(numpy_helper.from_array(change(numpy_helper.to_array(item).copy()), item.name))
    return tiny_net.write(tmp_path / "a.onnx", model)


def test_everything_becomes_half_and_answers_stay(tmp_path, capfd):
    import onnx

    src = tiny_net.write(tmp_path / "a.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        card, rounding = to_fp16(src, tmp_path / "b.onnx")
    assert capfd.readouterr() == ("", "")
    assert card.precision is Precision.FP16
    assert rounding.vanishing == 0
    model, written = graph.load(tmp_path / "b.onnx")
    assert written == card
    assert graph.census(model) == {"conv half": 4, "matmul half": 4}
    floats = [item.name for item in model.graph.initializer if item.data_type == onnx.TensorProto.FLOAT]
    assert floats == []
    pixels = tiny_net.faces().pixels[:, None, :32, :32].astype(np.float32)
    with OnnxSession(src) as first, OnnxSession(tmp_path / "b.onnx") as second:
        want, got = first.infer(pixels), second.infer(pixels)
    assert np.abs(got - want).max() < 0.005 * np.abs(want).max()


def test_pixels_and_their_normalisation_are_safe_in_half():
    """Whole numbers to 255 are exact, and the normalised value is off by less than half a grey level."""
    pixels = np.arange(256, dtype=np.float32)
    half = pixels.astype(np.float16)
    np.testing.assert_array_equal(half, pixels)
    for mean, std in ((0.5077, 0.2550), (0.485, 0.229)):
        scale, shift = 1 / (255 * std), -mean / std
        normalised = half * np.float16(scale) + np.float16(shift)
        assert normalised.dtype == np.float16
        assert np.abs(normalised - (pixels * scale + shift)).max() < scale / 2


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda weights: weights * 1e6, r"stem.weight in .* holds .*e\+0[56], beyond half precision's 65504"),
        (lambda weights: weights + np.float32(np.nan), "stem.weight in .* not finite"),
        (lambda weights: weights / np.float32(0), "stem.weight in .* not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_weights_that_half_cannot_hold_are_refused(tmp_path, change, words):
    src = with_weights(tmp_path, change)
    with pytest.raises(BuildError, match=words):
        to_fp16(src, tmp_path / "b.onnx")
    assert not (tmp_path / "b.onnx").exists()


def test_tiny_weights_are_counted(tmp_path):
    def shrink(weights):
        weights[0], weights[1] = 1e-5, -1e-9
        return weights

    _, before = to_fp16(tiny_net.write(tmp_path / "c.onnx"), tmp_path / "d.onnx")
    _, rounding = to_fp16(with_weights(tmp_path, shrink), tmp_path / "b.onnx")
    assert rounding == Rounding(before.weights, before.subnormal + 18, 9)


def test_a_file_that_is_half_already_is_refused(tmp_path):
    to_fp16(tiny_net.write(tmp_path / "a.onnx"), tmp_path / "b.onnx")
    with pytest.raises(BuildError, match="half-precision weights already"):
        to_fp16(tmp_path / "b.onnx", tmp_path / "c.onnx")


def test_a_missing_converter_names_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxconverter_common.float16", None)
    with pytest.raises(BackendError, match="pip install onnxconverter-common"):
        to_fp16(tiny_net.write(tmp_path / "a.onnx"), tmp_path / "b.onnx")
