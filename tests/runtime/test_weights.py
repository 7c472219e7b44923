from __future__ import annotations

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.weights import initialiser_bytes
from tests import tiny_net


def test_every_initialiser_counts_by_its_own_type():
    model = tiny_net.model()
    arrays = [numpy_helper.to_array(one) for one in model.graph.initializer]
    assert initialiser_bytes(model) == sum(array.nbytes for array in arrays) > 10_000


def test_packed_and_half_types_count_as_they_lie():
    def graph(kind, count):
        tensor = helper.make_tensor("w", kind, [count], np.zeros(count, np.float32).tolist())
        return helper.make_model(helper.make_graph([], "g", [], [], [tensor]))

    assert initialiser_bytes(graph(TensorProto.FLOAT16, 7)) == 14
    assert initialiser_bytes(graph(TensorProto.BFLOAT16, 7)) == 14
    assert initialiser_bytes(graph(TensorProto.FLOAT8E4M3FN, 7)) == 7
    assert initialiser_bytes(graph(TensorProto.INT4, 7)) == 4


def test_weights_in_another_file_count_too(tmp_path):
    whole = tiny_net.write(tmp_path / "whole.onnx")
    apart = tmp_path / "apart.onnx"
    onnx.save(onnx.load(whole), apart, save_as_external_data=True, location="apart.data", size_threshold=100)
    assert apart.stat().st_size < whole.stat().st_size - 10_000
    with OnnxSession(whole) as one, OnnxSession(apart) as other:
        assert one.weights_bytes == other.weights_bytes == initialiser_bytes(tiny_net.model())
        assert one.io_bytes(3) == 3 * 4 * (32 * 32 + 7)
