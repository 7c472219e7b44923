from __future__ import annotations

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.errors import ArtifactError
from edgefer.export.scales import get_scales
from edgefer.quantize import graph
from edgefer.quantize.int8 import write_ranges
from edgefer.quantize.learned import learned_ranges
from edgefer.quantize.qdq import quantise_channels, symmetric_scale
from edgefer.scales import LayerScales
from tests.quantize.tables import INPUTS, layers, write


def arrays(path):
    from onnx import numpy_helper

    return {item.name: numpy_helper.to_array(item) for item in graph.load(path)[0].graph.initializer}


def test_the_file_has_the_scales_of_the_table_to_the_bit(tmp_path):
    src = write(tmp_path / "a.onnx", layers())
    card = write_ranges(src, learned_ranges(src), tmp_path / "b.onnx")
    assert (card.precision, card.tools["calibration"]) == (Precision.INT8, "training")
    model, _ = graph.load(tmp_path / "b.onnx")
    assert graph.census(model) == {"conv int8": 4, "matmul float": 4}
    before, values = arrays(src), arrays(tmp_path / "b.onnx")
    for title in INPUTS:
        node = next(node for node in model.graph.node if node.name == title)
        assert values[node.input[0].replace("_dequantised", "_scale")] == np.float32(INPUTS[title])
        steps = np.float32(layers()[title].weights)
        assert np.array_equal(values[f"{title}.weight_scale"], steps)
        expected = np.rint(before[f"{title}.weight"] / steps[:, None, None, None]).clip(-127, 127)
        assert np.array_equal(values[f"{title}.weight_quantised"], expected)
        assert not np.array_equal(quantise_channels(before[f"{title}.weight"])[1], steps)


def test_every_scale_survives_being_a_range():
    scales = np.random.default_rng(0).uniform(1e-5, 1, 100_000).astype(np.float32)
    assert np.array_equal(symmetric_scale(scales.astype(np.float64) * 127), scales)


def test_the_table_of_other_weights_is_refused(tmp_path):
    import onnx
    from onnx import numpy_helper

    src = write(tmp_path / "a.onnx", layers())
    model = onnx.load(str(src))
    weights = next(item for item in model.graph.initializer if item.name == "conv2.weight")
    weights.CopyFrom(numpy_helper.from_array(numpy_helper.to_array(weights) * np.float32(1.001), "conv2.weight"))
    onnx.save(model, str(src))
    with pytest.raises(ArtifactError, match=r"a\.onnx was learned with other weights\. export the checkpoint again"):
        learned_ranges(src)


def test_a_table_that_does_not_fit_is_refused(tmp_path):
    few = {name: scales for name, scales in layers().items() if name != "conv2"}
    short = layers(conv2=LayerScales(input=0.05, weights=(0.01,)))
    two = layers(shortcut=LayerScales(input=0.08, weights=layers()["shortcut"].weights))
    for scales, why in (
        (None, "holds no scales that were learned"),
        (few, r"is for other convolutions \(conv2\)"),
        (layers(fc1=layers()["conv1"]), r"is for other convolutions \(fc1\)"),
        (short, "has other channels for conv2"),
        (two, "has two scales for what shortcut takes in"),
    ):
        with pytest.raises(ArtifactError, match=rf"a\.onnx {why}\. export the checkpoint again .*--calibration DIR"):
            learned_ranges(write(tmp_path / "a.onnx", scales))


def test_a_converted_file_does_not_keep_the_table(tmp_path):
    src = write(tmp_path / "a.onnx", layers())
    assert get_scales(graph.load(src)[0], "a.onnx") == layers()
    write_ranges(src, learned_ranges(src), tmp_path / "b.onnx")
    assert get_scales(graph.load(tmp_path / "b.onnx")[0], "b.onnx") is None
