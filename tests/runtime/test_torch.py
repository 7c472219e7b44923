from pathlib import Path

import numpy as np
import pytest
import torch

from edgefer.card import Precision
from edgefer.errors import BackendError, UsageError
from edgefer.models.checkpoint import load
from edgefer.runtime.torch import TorchSession, open_checkpoint
from tests import tiny_net
from tests.fake_torch_cuda import Gpu
from tests.nets import write_checkpoint


def test_logits_are_the_networks_in_evaluation_mode():
    write_checkpoint(Path("c.safetensors"))
    pixels = np.random.default_rng(0).integers(0, 256, (3, 1, 48, 48)).astype(np.float32)
    network, card = load(Path("c.safetensors"))
    with torch.no_grad():
        expected = network(torch.from_numpy(pixels)).numpy()
    with TorchSession(network.train(), card, device="cpu") as session:
        assert session.backend == "torch cpu"
        assert np.allclose(session.infer(pixels), expected, atol=1e-6)
        assert session.infer(pixels).dtype == np.float32


def test_without_torch_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    import sys

    write_checkpoint(Path("c.safetensors"))
    monkeypatch.setitem(sys.modules, "safetensors", None)
    with pytest.raises(BackendError, match=r"pip install 'edgefer\[train\]'"):
        open_checkpoint(Path("c.safetensors"))


def body():
    torch.manual_seed(0)
    return torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(32 * 32, 7)).eval()


def faces(count, seed=0):
    return np.random.default_rng(seed).random((count, 1, 32, 32)).astype(np.float32)


def test_a_session_says_where_it_is_what_it_weighs_and_computes_in():
    with TorchSession(body(), tiny_net.card(), device="cpu") as session:
        assert (session.place, session.arithmetic, session.cuda_graph, session.compiled) == (
            "cpu",
            "fp32",
            False,
            False,
        )
        assert session.weights_bytes == 4 * (32 * 32 * 7 + 7)
        assert session.io_bytes(2) == 2 * 4 * (32 * 32 + 7)
        assert session.activation_bytes is None
        assert session.compile_seconds is None
        assert session.parts(faces(1)) is None


@pytest.mark.parametrize(
    ("capability", "allowed", "precision", "arithmetic"),
    [
        ((9, 0), True, Precision.FP32, "tf32"),
        ((7, 5), True, Precision.FP32, "fp32"),
        ((9, 0), False, Precision.FP32, "fp32"),
        ((9, 0), True, Precision.FP16, "fp16"),
    ],
)
def test_what_a_gpu_computes_in(monkeypatch, capability, allowed, precision, arithmetic):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", allowed)
    session = Gpu(monkeypatch, capability).session(body(), tiny_net.card(precision=precision))
    assert session.arithmetic == arithmetic


def test_a_cuda_graph_needs_a_gpu():
    with pytest.raises(UsageError, match="a CUDA graph needs an NVIDIA GPU, not the cpu"):
        TorchSession(body(), tiny_net.card(), device="cpu", cuda_graph=True)


def test_a_graph_is_captured_once_for_each_number_of_faces(monkeypatch):
    gpu, network = Gpu(monkeypatch), body()
    session = gpu.session(network, tiny_net.card(), cuda_graph=True)
    for count, seed in ((1, 0), (1, 1), (3, 2), (1, 3), (3, 4)):
        pixels = faces(count, seed)
        with torch.inference_mode():
            expected = network(torch.from_numpy(pixels)).numpy()
        np.testing.assert_allclose(session.infer(pixels), expected, rtol=1e-5)
    assert (gpu.calls.count("capture"), gpu.calls.count("replay")) == (2, 5)
    # Three calls before each capture, on a stream that waits for the others and is waited for.
    assert gpu.calls[:7] == ["order", "side", "answer", "answer", "answer", "order", "capture"]


def test_parts_are_the_gpus_own_times(monkeypatch):
    gpu = Gpu(monkeypatch)
    parts = gpu.session(body(), tiny_net.card()).parts(faces(2))
    assert (parts.h2d_ms, parts.compute_ms, parts.d2h_ms) == (1, 11, 1)
    assert 0 < parts.enqueue_ms < 1000


@pytest.mark.gpu
def test_this_machines_gpu_replays_what_it_computes():
    if not torch.cuda.is_available():
        pytest.skip("PyTorch sees no GPU")
    network, card = body(), tiny_net.card()
    with TorchSession(network, card) as plain, TorchSession(network, card, cuda_graph=True) as graph:
        assert plain.place == graph.place == "cuda:0"
        for count, seed in ((1, 0), (3, 1), (1, 2), (3, 3)):
            pixels = faces(count, seed)
            np.testing.assert_allclose(graph.infer(pixels), plain.infer(pixels), rtol=1e-3, atol=1e-4)
        for session in (plain, graph):
            parts = session.parts(faces(1))
            assert min(parts.h2d_ms, parts.compute_ms, parts.d2h_ms, parts.enqueue_ms) > 0


def test_a_compiled_network_is_compiled_while_it_is_opened(monkeypatch):
    """Without the compiler, which takes a minute: `torch.compile` is a fake that says when it was called."""
    calls = []

    def compiler(network, dynamic):
        assert dynamic is False
        return torch.nn.Sequential(network, Noting())

    class Noting(torch.nn.Module):
        def forward(self, values):
            calls.append(len(values))
            return values

    monkeypatch.setattr(torch, "compile", compiler)
    with TorchSession(body(), tiny_net.card(), device="cpu", compiled=True) as session:
        assert calls == [1]
        assert session.compiled
        assert session.compile_seconds > 0
        assert session.infer(faces(2)).shape == (2, 7)
