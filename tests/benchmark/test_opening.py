from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer.benchmark.candidate import Candidate, Kind, Provider
from edgefer.benchmark.opening import open_candidate
from edgefer.card import Precision
from edgefer.errors import BackendError, UsageError
from tests import nets, tiny_net

PIXELS = np.random.default_rng(0).integers(0, 256, (2, 1, 48, 48)).astype(np.float32)


def torch(path, **changes):
    return Candidate(model="m", runtime="r", kind=Kind.TORCH, target=str(path), threads=1, **changes)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory):
    path = tmp_path_factory.mktemp("opening") / "tiny.safetensors"
    nets.write_checkpoint(path)
    return path


def test_half_precision_rounds_and_says_so(checkpoint):
    with open_candidate(torch(checkpoint)) as plain:
        exact = plain.infer(PIXELS)
    with open_candidate(torch(checkpoint, precision=Precision.FP16)) as session:
        rounded = session.infer(PIXELS)
    assert plain.card.precision is Precision.FP32
    assert session.card.precision is Precision.FP16
    assert "fp16" in session.backend
    assert not np.array_equal(rounded, exact)
    np.testing.assert_allclose(rounded, exact, atol=0.02)


def test_a_factory_is_called():
    known = Candidate(model="m", runtime="r", kind=Kind.FACTORY, target="tests.subjects:quick", threads=1)
    assert open_candidate(known).card.name == "quick"


def test_onnx_runtime_takes_the_threads_it_is_given(tmp_path):
    path = tiny_net.write(tmp_path / "t.onnx")
    row = Candidate(model="m", runtime="r", kind=Kind.ONNXRUNTIME, target=str(path), threads=1)
    with open_candidate(row) as session:
        assert session.backend == "onnxruntime cpu"
        assert session._session.get_session_options().intra_op_num_threads == 1


def test_a_provider_that_is_not_installed_is_not_silently_the_cpu(tmp_path):
    path = tiny_net.write(tmp_path / "t.onnx")
    row = Candidate(model="m", runtime="r", kind=Kind.ONNXRUNTIME, target=str(path), threads=1, provider=Provider.CUDA)
    with pytest.raises(BackendError, match="has no CUDAExecutionProvider"):
        open_candidate(row)


def test_a_provider_whose_libraries_are_missing_is_not_silently_the_cpu(tmp_path, monkeypatch):
    """ONNX Runtime says that it has CUDA, and takes the CPU without an error when CUDA's libraries cannot be loaded."""
    import onnxruntime as ort

    original = ort.InferenceSession
    monkeypatch.setattr(ort, "get_available_providers", lambda: [Provider.CUDA.value, Provider.CPU.value])
    monkeypatch.setattr(
        ort, "InferenceSession", lambda *args, providers: original(*args, providers=[Provider.CPU.value])
    )
    path = tiny_net.write(tmp_path / "t.onnx")
    row = Candidate(model="m", runtime="r", kind=Kind.ONNXRUNTIME, target=str(path), threads=1, provider=Provider.CUDA)
    with pytest.raises(BackendError, match="took CPUExecutionProvider for CUDAExecutionProvider"):
        open_candidate(row)


def test_compiled_rows_go_through_torch_compile(checkpoint, monkeypatch):
    """Without the minute that the compiler takes; tests/runtime holds what the session makes of it."""
    asked = []

    def compiler(module, **words):
        asked.append(words)
        return module

    monkeypatch.setattr("torch.compile", compiler)
    with open_candidate(torch(checkpoint, compiled=True)) as session:
        assert session.compiled
    assert asked == [{"dynamic": False}]


def test_a_cuda_graph_is_asked_of_torch_and_of_engines(checkpoint, monkeypatch):
    with pytest.raises(UsageError, match="needs an NVIDIA GPU"):
        open_candidate(torch(checkpoint, cuda_graph=True))
    asked = []
    monkeypatch.setattr("edgefer.runtime.engine.open_engine", lambda *words: asked.append(words))
    engine = Candidate(model="m", runtime="r", kind=Kind.ENGINE, target="x.engine", trust=True, cuda_graph=True)
    open_candidate(engine)
    assert asked == [(Path("x.engine"), True, True)]
