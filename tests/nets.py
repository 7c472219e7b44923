"""Small networks with cards, for tests that need a checkpoint or an ONNX file."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from shutil import copyfile
from tempfile import mkdtemp

import numpy as np

from edgefer.card import InputSpec, ModelCard, Provenance
from edgefer.emotions import FER2013


def card(name: str = "tiny", **changes: object) -> ModelCard:
    """Student C on 48x48 gray faces."""
    values = {
        "name": name,
        "architecture": "mini-resemotenet-c",
        "parameters": 1_259_767,
        "labels": FER2013,
        "input": InputSpec(height=48, width=48),
        "provenance": Provenance(dataset="demo", splits=("Training", "PublicTest")),
    }
    return ModelCard.model_validate({**values, **changes})


def write_checkpoint(path: Path, own: ModelCard | None = None) -> ModelCard:
    """An untrained checkpoint that is the same every time."""
    import torch

    from edgefer.models.checkpoint import save
    from edgefer.models.registry import build

    own = own or card()
    torch.manual_seed(0)
    save(path, build(own.architecture, channels=own.input.channels, classes=len(own.labels)), own)
    return own


@cache
def _exported() -> Path:
    from edgefer.export.onnx import export_onnx
    from edgefer.models.checkpoint import load

    folder = Path(mkdtemp(prefix="edgefer-test-"))
    write_checkpoint(folder / "tiny.safetensors")
    network, own = load(folder / "tiny.safetensors")
    pixels = np.random.default_rng(0).integers(0, 256, (8, 1, 48, 48)).astype(np.float32)
    export_onnx(network, own, folder / "tiny.onnx", pixels)
    return folder / "tiny.onnx"


def write_onnx(path: Path) -> None:
    """The same network as ONNX; exported once a test process."""
    copyfile(_exported(), path)
