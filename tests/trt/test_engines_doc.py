"""docs/engines.md shows the true messages: here they are made again, with a GPU of straw, and looked up there."""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

import pytest

from edgefer.card import Passport, Precision
from edgefer.errors import EdgeferError
from edgefer.trt.driver import Driver, Gpu
from edgefer.trt.passport import verify
from tests import fake_gpu, tiny_net

DOC = Path(__file__).resolve().parents[2] / "docs" / "engines.md"
STANDARD = {"flavour": "tensorrt", "version": "10.13.3.9"}
FACES = Path("calibration/c/faces.npy")


def engine(**facts) -> Path:
    known = {"flavour": "tensorrt_rtx", "version": "1.7.1.116", "targets": ("sm89",)} | facts
    plan = fake_gpu.plan_bytes(known["flavour"], known["version"])
    short = "rtx" if known["flavour"] == "tensorrt_rtx" else "trt"
    path = Path(f"engines/fer2013-c-best-int8-{short}-{known['targets'][0]}/fer2013-c-best.engine")
    path.parent.mkdir(parents=True)
    path.write_bytes(plan)
    known["plan_sha256"] = known.get("plan_sha256") or hashlib.sha256(plan).hexdigest()
    passport = Passport(batch=(1, 8, 32), onnx_sha256="0" * 64, **known)
    card = tiny_net.card(precision=Precision.INT8, engine=passport, tools={"calibration": "entropy"})
    (path.parent / "card.json").write_text(card.to_json())
    tiny_net.write(path.parent / "model.onnx", own_card=card.but(engine=None))
    return path


def calibrated() -> Path:
    FACES.parent.mkdir(parents=True)
    FACES.write_bytes(b"other faces")
    return engine(calibration=str(FACES), source="edgefer/students/fer2013-c-best.onnx")


def without_card() -> Path:
    path = engine()
    (path.parent / "card.json").unlink()
    return path


RTX, TENSORRT = ("tensorrt_rtx", "1.7.1.116"), ("tensorrt", "10.13.3.9")


@pytest.mark.parametrize(
    ("make", "installed", "gpu"),
    [
        (lambda: engine(plan_sha256="0" * 64), RTX, "NVIDIA GeForce RTX 4090 sm89"),
        (without_card, RTX, "NVIDIA GeForce RTX 4090 sm89"),
        (calibrated, RTX, "NVIDIA GeForce RTX 4090 sm89"),
        (lambda: engine(**STANDARD), ("tensorrt", "11.4.0.106"), "NVIDIA L4 sm89"),
        (engine, TENSORRT, "NVIDIA GeForce RTX 4090 sm89"),
        (engine, RTX, "NVIDIA GeForce RTX 5090 sm120"),
        (engine, RTX, "NVIDIA H100 sm90"),
        (lambda: engine(flavour="tensorrt", version="8.6.1.6", targets=("sm87",)), ("tensorrt", "8.6.1"), "Orin sm87"),
        (lambda: engine(**STANDARD, version_compatible=True), TENSORRT, "NVIDIA L4 sm89"),
        (engine, RTX, ""),
    ],
)
def test_the_documented_message_is_the_true_one(monkeypatch, make, installed, gpu):
    for name in ("tensorrt", "tensorrt_rtx", "tensorrt_lean"):
        monkeypatch.setitem(sys.modules, name, None)
    fake_gpu.install(monkeypatch, name=installed[0], version=installed[1])
    name, _, target = gpu.rpartition(" ")
    driver = Driver((Gpu(name, target, 1),), "580.65.06", "13.0") if gpu else fake_gpu.NONE
    with pytest.raises(EdgeferError) as caught:
        verify(make(), driver)
    assert f"    error: {caught.value}\n" in DOC.read_text(encoding="utf-8")
