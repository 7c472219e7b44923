from __future__ import annotations

import pytest

from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.cpu import to_cpu_int8
from edgefer.quantize.pool import screen
from edgefer.runtime import onnx as onnx_module
from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.overflow import EXACT, products_overflow
from tests import tiny_net


def options(path):
    with OnnxSession(path) as session:
        return session._session.get_session_options()


@pytest.fixture
def files(tmp_path):
    src = tiny_net.write(tmp_path / "a.onnx")
    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 35, tmp_path / "set")
    to_cpu_int8(src, made, tmp_path / "b.onnx")
    return src, tmp_path / "b.onnx", next(made.batches(35))


@pytest.mark.parametrize("overflow", [True, False])
def test_int8_takes_exact_kernels_where_products_overflow_and_only_there(files, monkeypatch, overflow):
    src, int8, _ = files
    monkeypatch.setattr(onnx_module, "products_overflow", lambda: overflow)
    if overflow:
        assert options(int8).get_session_config_entry(EXACT) == "1"
    else:
        with pytest.raises(RuntimeError):
            options(int8).get_session_config_entry(EXACT)
    with pytest.raises(RuntimeError):
        options(src).get_session_config_entry(EXACT)


def test_exact_kernels_give_the_same_answers(files, monkeypatch):
    """Unless this processor's other kernels overflow, and then it is found out."""
    _, int8, pixels = files
    answers = []
    for overflow in (True, False):
        monkeypatch.setattr(onnx_module, "products_overflow", lambda overflow=overflow: overflow)
        with OnnxSession(int8) as session:
            answers.append(session.infer(pixels))
    assert products_overflow() or (answers[0] == answers[1]).all()


def test_wrong_sums_are_noticed(monkeypatch):
    import numpy as np
    import onnxruntime as ort

    class Saturating(ort.InferenceSession):
        """Two products at a time in 16 bits."""

        def run(self, names, feeds):
            return [np.full((1, 32), 32767 * 32, np.int32)]

    products_overflow.cache_clear()
    monkeypatch.setattr(ort, "InferenceSession", Saturating)
    assert products_overflow()
    products_overflow.cache_clear()
