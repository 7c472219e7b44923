from __future__ import annotations

import hashlib

import pytest

from edgefer.card import Passport, Precision
from edgefer.errors import ArtifactError, BackendError, UntrustedError
from edgefer.trt.driver import Driver, Gpu
from edgefer.trt.passport import verify
from tests import fake_gpu, tiny_net


def engine(tmp_path, flavour="tensorrt", version="10.13.3.9", targets=("sm89",), card_says=None):
    plan = fake_gpu.plan_bytes(flavour, version)
    facts = {
        "flavour": flavour,
        "version": version,
        "targets": targets,
        "batch": (1, 8, 32),
        "plan_sha256": hashlib.sha256(plan).hexdigest(),
        "onnx_sha256": "0" * 64,
    }
    card = tiny_net.card(precision=Precision.FP16, engine=Passport(**(facts | (card_says or {}))))
    path = tmp_path / "tiny.engine"
    path.write_bytes(plan)
    (tmp_path / "model.onnx").write_bytes(b"onnx")
    (tmp_path / "card.json").write_text(card.to_json())
    return path


def gpu(target):
    return Driver((Gpu("A GPU", target, 1),), "580.1", "13.0")


def test_a_sound_engine_is_handed_over_with_its_bytes(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    path = engine(tmp_path)
    verified = verify(path, fake_gpu.RTX4090)
    assert verified.card.name == "tiny"
    assert verified.flavour.name == "tensorrt"
    assert verified.plan == path.read_bytes()


def test_one_altered_byte_is_refused_unless_trusted(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    path = engine(tmp_path)
    altered = bytearray(path.read_bytes())
    altered[50] ^= 1
    path.write_bytes(altered)
    with pytest.raises(UntrustedError, match=r"SHA-256 differs.*build-engine .*model.onnx --precision fp16.*--trust"):
        verify(path, fake_gpu.RTX4090)
    assert verify(path, fake_gpu.RTX4090, trust=True).plan == bytes(altered)


def test_a_strangers_plan_is_refused_and_trust_does_not_invent_its_labels(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    path = engine(tmp_path)
    (tmp_path / "card.json").unlink()
    with pytest.raises(UntrustedError, match=r"nobody vouches for it.*edgefer build-engine"):
        verify(path, fake_gpu.RTX4090)
    with pytest.raises(ArtifactError, match="labels and preprocessing are unknown"):
        verify(path, fake_gpu.RTX4090, trust=True)


def test_a_card_of_no_engine_vouches_for_none(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    path = engine(tmp_path)
    (tmp_path / "card.json").write_text(tiny_net.card().to_json())
    with pytest.raises(UntrustedError, match="describes no engine"):
        verify(path, fake_gpu.RTX4090)
    assert verify(path, fake_gpu.RTX4090, trust=True).card.engine is None


@pytest.mark.parametrize(
    ("card_says", "words"),
    [
        ({"flavour": "tensorrt_rtx"}, "is a tensorrt plan, but its card.json describes one of tensorrt_rtx"),
        ({"version": "10.3.0.26"}, "is of version 10.13.3.9, but its card.json says 10.3.0.26"),
    ],
)
def test_a_card_of_another_plan_is_refused(monkeypatch, tmp_path, card_says, words):
    fake_gpu.install(monkeypatch)
    with pytest.raises(UntrustedError, match=words):
        verify(engine(tmp_path, card_says=card_says), fake_gpu.RTX4090)


def test_no_driver_is_said_before_tensorrt_is_imported(monkeypatch, tmp_path):
    import sys

    path = engine(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(BackendError, match=r"needs an NVIDIA GPU, and no NVIDIA driver.*run the ONNX file beside it"):
        verify(path, fake_gpu.NONE)


@pytest.mark.parametrize("installed", ["10.3.0", "11.4.1", "10.13.3.8"])
def test_another_version_names_both_and_the_command(monkeypatch, tmp_path, installed):
    fake_gpu.install(monkeypatch, version=installed)
    path = engine(tmp_path)
    words = rf"built by tensorrt 10.13.3.9, but {installed} is installed.*build-engine .*--flavour tensorrt$"
    with pytest.raises(BackendError, match=words):
        verify(path, fake_gpu.RTX4090)


def test_another_gpu_names_both_and_the_command(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    with pytest.raises(BackendError, match=r"was built for sm86, but this GPU \(NVIDIA GeForce RTX 4090\) is sm89"):
        verify(engine(tmp_path, targets=("sm86",)), fake_gpu.RTX4090)


def test_an_rtx_engine_also_runs_on_later_gpus_of_its_generation(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    path = engine(tmp_path, "tensorrt_rtx", "1.7.1.116", targets=("sm86", "sm120"))
    for runs in ("sm86", "sm89", "sm120", "sm121"):
        assert verify(path, gpu(runs)).card.name == "tiny"
    with pytest.raises(BackendError, match=r"this GPU \(A GPU\) is sm75. build it again: .*--target sm75"):
        verify(path, gpu("sm75"))
    with pytest.raises(BackendError, match=r"has no sm90, so build it with the other flavour: .*--flavour tensorrt$"):
        verify(path, gpu("sm90"))
