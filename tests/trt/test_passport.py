from __future__ import annotations

import hashlib
import sys

import pytest

from edgefer.card import Passport, Precision
from edgefer.errors import ArtifactError, BackendError, UntrustedError
from edgefer.trt.driver import Driver, Gpu
from edgefer.trt.passport import verify
from tests import fake_gpu, tiny_net


def engine(tmp_path, flavour="tensorrt", version="10.13.3.9", targets=("sm89",), card_says=None):
    """A sound engine with its card and ONNX file, except for what `card_says`."""
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
    with pytest.raises(
        UntrustedError, match=r"nobody vouches for it.*: edgefer build-engine \S+model.onnx --flavour tensorrt$"
    ):
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
    path = engine(tmp_path)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(BackendError, match=r"needs an NVIDIA GPU, and no NVIDIA driver.*run the ONNX file beside it"):
        verify(path, fake_gpu.NONE)


@pytest.mark.parametrize(
    ("installed", "word"), [("10.3.0", "newer"), ("10.13.3.8", "newer"), ("10.13.3.10", "older"), ("11.4.1", "older")]
)
def test_another_version_says_which_is_older(monkeypatch, tmp_path, installed, word):
    fake_gpu.install(monkeypatch, version=installed)
    path = engine(tmp_path)
    words = rf"was built by TensorRT 10.13.3.9, {word} than the TensorRT {installed} that is installed here"
    with pytest.raises(BackendError, match=words) as caught:
        verify(path, fake_gpu.RTX4090, trust=True)  # trust does not make it run
    source = tmp_path / "model.onnx"
    command = f"edgefer build-engine {source} --precision fp16 --flavour tensorrt --batch 1:8:32"
    assert caught.value.fix == f"build it again: {command}"


@pytest.mark.parametrize(
    ("plan", "installed", "word"), [("1.6.1.120", "1.7.1.116", "older"), ("1.7.1.116", "1.6.1.120", "newer")]
)
def test_another_version_of_rtx_keeps_the_targets(monkeypatch, tmp_path, plan, installed, word):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version=installed)
    path = engine(tmp_path, "tensorrt_rtx", plan, targets=("sm80", "sm89"))
    with pytest.raises(
        BackendError, match=f"built by TensorRT-RTX {plan}, {word} than the TensorRT-RTX {installed}"
    ) as caught:
        verify(path, gpu("sm89"))
    assert caught.value.fix.endswith("--flavour tensorrt_rtx --target sm80 --target sm89 --batch 1:8:32")


def test_a_plan_of_another_flavour_names_the_one_that_is_installed(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    path = engine(tmp_path, "tensorrt_rtx", "1.7.1.116")
    words = (
        r"needs TensorRT-RTX 1.7.1.116: TensorRT-RTX is not installed\. build it again: .*--flavour tensorrt --batch"
    )
    with pytest.raises(BackendError, match=words):
        verify(path, fake_gpu.RTX4090)
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(BackendError, match=r"is not installed\. pip install 'edgefer\[rtx\]'"):
        verify(path, fake_gpu.RTX4090)


def test_with_rtx_alone_a_standard_plan_is_built_again_for_it(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    with pytest.raises(
        BackendError, match=r"needs TensorRT 10.13.3.9: .*--flavour tensorrt_rtx --target sm89 --batch 1:8:32$"
    ):
        verify(engine(tmp_path), fake_gpu.RTX4090)


def test_tensorrt_8_is_refused_with_the_reason(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch, version="8.6.1")
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    with pytest.raises(BackendError, match=r"TensorRT 8.6.1 is too old: .*strongly typed.*JetPack 6.1"):
        verify(engine(tmp_path, version="8.6.1.6"), fake_gpu.RTX4090)


def test_another_gpu_names_both_and_the_command(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    with pytest.raises(
        BackendError, match=r"was built for sm86, but this GPU \(NVIDIA GeForce RTX 4090\) is sm89\. build"
    ):
        verify(engine(tmp_path, targets=("sm86",)), fake_gpu.RTX4090)


def test_an_rtx_engine_also_runs_on_later_gpus_of_its_generation(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    path = engine(tmp_path, "tensorrt_rtx", "1.7.1.116", targets=("sm86", "sm120"))
    for runs in ("sm86", "sm89", "sm120", "sm121"):
        assert verify(path, gpu(runs)).card.name == "tiny"
    with pytest.raises(
        BackendError, match=r"is sm75\. build it again: .*--target sm75 --target sm86 --target sm120 --batch"
    ):
        verify(path, gpu("sm75"))
    with pytest.raises(
        BackendError, match=r"has no sm90, so build it with the other flavour: .*--flavour tensorrt --batch"
    ):
        verify(path, gpu("sm90"))


def test_a_hardware_compatible_engine_runs_from_ampere_on(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    path = engine(tmp_path, card_says={"hardware_compatible": True})
    for runs in ("sm80", "sm86", "sm89", "sm90", "sm120"):
        assert verify(path, gpu(runs)).card.name == "tiny"
    with pytest.raises(BackendError, match=r"is sm75\. build it again: .*--batch 1:8:32 --hardware-compatible$"):
        verify(path, gpu("sm75"))


def test_a_version_compatible_engine_is_for_the_lean_runtime_of_its_version(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    monkeypatch.setitem(sys.modules, "tensorrt_lean", None)
    path = engine(tmp_path, card_says={"version_compatible": True})
    words = (
        r"needs TensorRT lean 10.13.3.9: TensorRT lean is not installed\. pip install tensorrt-lean-cu13==10.13.3.9$"
    )
    with pytest.raises(BackendError, match=words):
        verify(path, fake_gpu.RTX4090)
    fake_gpu.install(monkeypatch, name="tensorrt_lean", version="11.4.0.106")
    with pytest.raises(
        BackendError, match=r"older than the TensorRT lean 11.4.0.106.*pip install tensorrt-lean-cu12==10"
    ):
        verify(path, fake_gpu.ORIN)
    fake_gpu.install(monkeypatch, name="tensorrt_lean", version="10.13.3.9")
    assert verify(path, fake_gpu.RTX4090).flavour.name == "tensorrt_lean"


def test_a_changed_calibration_set_is_refused_unless_trusted(monkeypatch, tmp_path):
    fake_gpu.install(monkeypatch)
    faces = tmp_path / "my set" / "faces.npy"
    faces.parent.mkdir()
    faces.write_bytes(b"faces")
    sound = {
        "calibration": str(faces),
        "calibration_sha256": hashlib.sha256(b"faces").hexdigest(),
        "source": "a b.onnx",
    }
    path = engine(tmp_path, card_says=sound)
    assert verify(path, fake_gpu.RTX4090)
    faces.write_bytes(b"other faces")
    with pytest.raises(UntrustedError, match=r"was calibrated on .*faces.npy, which has changed since") as caught:
        verify(path, fake_gpu.RTX4090)
    assert caught.value.fix == (
        "build it again: edgefer build-engine 'a b.onnx' --precision fp16 --flavour tensorrt"
        f" --calibration '{faces.parent}' --batch 1:8:32, or add --trust to run it as it is"
    )
    assert verify(path, fake_gpu.RTX4090, trust=True)
    faces.unlink()  # an engine travels without its calibration set
    assert verify(path, fake_gpu.RTX4090)
