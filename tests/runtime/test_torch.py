from pathlib import Path

import numpy as np
import pytest
import torch

from edgefer.errors import BackendError
from edgefer.models.checkpoint import load
from edgefer.runtime.torch import TorchSession, open_checkpoint
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
