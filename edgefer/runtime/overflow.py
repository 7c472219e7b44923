"""Whether this processor computes INT8 products wrongly.

x86 processors with AVX2 or AVX-512 but without VNNI add two products of an unsigned and a signed byte in 16 bits, where
larger ones are cut off without a word. ONNX Runtime has slower kernels that do not, and takes them when it is asked to
(`session.x64quantprecision`) even where they are not needed.
"""

from __future__ import annotations

from functools import cache

import numpy as np

EXACT = "session.x64quantprecision"
_INNER, _OUTER = 64, 32


@cache
def products_overflow() -> bool:
    """Multiply the largest bytes that there are in ONNX Runtime, once a process, and look at the result."""
    import onnxruntime as ort
    from onnx import TensorProto, helper, numpy_helper

    largest = numpy_helper.from_array(np.full((_INNER, _OUTER), 127, np.int8), "weights")
    graph = helper.make_graph(
        [helper.make_node("MatMulInteger", ["values", "weights"], ["sums"])],
        "largest",
        [helper.make_tensor_value_info("values", TensorProto.UINT8, [1, _INNER])],
        [helper.make_tensor_value_info("sums", TensorProto.INT32, [1, _OUTER])],
        [largest],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    sums = session.run(None, {"values": np.full((1, _INNER), 255, np.uint8)})[0]
    return bool((sums != 255 * 127 * _INNER).any())
