"""Graphs and providers that ONNX Runtime cannot run as their card says: one error each, before anything is inferred."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.errors import ArtifactError, BackendError
from edgefer.runtime import onnx as runtime
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net


def written(change) -> Path:
    model = tiny_net.model()
    change(model)
    return tiny_net.write(Path("changed.onnx"), model)


def second_output(model):
    from onnx import TensorProto, helper

    model.graph.output.append(helper.make_tensor_value_info("fc1", TensorProto.FLOAT, ["batch", 32]))


def unknown_operator(model):
    model.graph.node[0].op_type = "NoSuchOperator"


def test_two_outputs_are_one_too_many():
    with pytest.raises(ArtifactError, match=r"changed\.onnx has 1 inputs and 2 outputs, not one of each"):
        OnnxSession(written(second_output))


def test_a_graph_that_onnx_runtime_refuses_is_named_with_its_reason():
    with pytest.raises(ArtifactError, match=r"changed\.onnx cannot be run: .*NoSuchOperator") as error:
        OnnxSession(written(unknown_operator))
    assert "\n" not in str(error.value)


def test_a_provider_that_is_not_installed_is_no_broken_file():
    with pytest.raises(BackendError, match=r"has no NoSuchExecutionProvider.*pip install onnxruntime-gpu"):
        OnnxSession(tiny_net.write(Path("a.onnx")), provider="NoSuchExecutionProvider")


def test_a_provider_whose_libraries_are_missing_is_not_silently_the_cpu(monkeypatch):
    """ONNX Runtime takes the CPU without a word where CUDA's libraries cannot be loaded."""
    import onnxruntime

    cuda, asked = "CUDAExecutionProvider", []
    usual = onnxruntime.InferenceSession

    def fall_back(source, options, providers):
        asked.append(providers)
        return usual(source, options, providers=[runtime.CPU])

    monkeypatch.setattr(onnxruntime, "get_available_providers", lambda: [cuda, runtime.CPU])
    monkeypatch.setattr(onnxruntime, "preload_dlls", lambda: asked.append("preloaded"), raising=False)
    monkeypatch.setattr(onnxruntime, "InferenceSession", fall_back)
    with pytest.raises(BackendError, match=f"ONNX Runtime took {runtime.CPU} for {cuda}"):
        OnnxSession(tiny_net.write(Path("a.onnx")), provider=cuda)
    assert asked == ["preloaded", [cuda]]
