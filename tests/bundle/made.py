"""Engines with everything beside them, for tests of bundles; their plans are headers with noise, which nothing runs."""

from __future__ import annotations

from pathlib import Path

from edgefer.card import ModelCard, Passport, Precision
from edgefer.paths import sha256
from tests import tiny_net
from tests.fake_tensorrt import plan_bytes


def engine(folder: Path, flavour: str = "tensorrt", version: str = "10.13.3.9", **facts: object) -> Path:
    """A sound FP16 engine for sm89, its card and the ONNX file that it was built from, except for `facts`."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = folder / "tiny.engine"
    plan.write_bytes(plan_bytes(flavour, version))
    onnx = tiny_net.write(folder / "model.onnx")
    values = {
        "flavour": flavour,
        "version": version,
        "targets": ("sm89",),
        "batch": (1, 4, 16),
        "plan_sha256": sha256(plan),
        "onnx_sha256": sha256(onnx),
        "source": "tiny.onnx",
    }
    tools = facts.pop("tools", {})
    card = tiny_net.card(precision=Precision.FP16, engine=Passport(**(values | facts)), tools=tools)
    (folder / "card.json").write_text(card.to_json())
    return plan


def quantised(path: Path, card: ModelCard | None = None, **changes: object) -> Path:
    """The tiny network whose card says what it is told; its arithmetic stays as it is."""
    return tiny_net.write(path, own_card=(card or tiny_net.card()).but(**changes))
