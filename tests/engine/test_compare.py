from __future__ import annotations

import numpy as np

from edgefer.engine.compare import compare
from edgefer.evaluate.agreement import compare_logits
from edgefer.quantize.fp16 import to_fp16
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


def test_all_faces_are_compared_and_the_work_is_shown(tmp_path, capfd):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    to_fp16(onnx, tmp_path / "half.onnx")
    pixels = np.random.default_rng(0).integers(0, 256, (37, 1, 32, 32)).astype(np.float32)
    found = compare(onnx, tmp_path / "half.onnx", pixels)
    with OnnxSession(onnx) as first, OnnxSession(tmp_path / "half.onnx") as second:
        whole = compare_logits(first.infer(pixels), second.infer(pixels))
    assert (found.faces, found.same_label) == (37, whole.same_label)
    np.testing.assert_allclose(found.max_difference, whole.max_difference, rtol=1e-3)
    assert found.max_difference > 0
    assert "comparing: 74/74" in capfd.readouterr().err
