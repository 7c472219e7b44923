from __future__ import annotations

from pathlib import Path

from edgefer.card import ModelCard, Passport, Precision
from edgefer.trt import rebuild
from edgefer.trt.flavour import load
from tests import fake_gpu, tiny_net

PASSPORT = Passport(
    flavour="tensorrt_rtx",
    version="1.7.1.116",
    targets=("sm86", "sm120"),
    batch=(4, 4, 4),
    plan_sha256="0",
    onnx_sha256="0",
    source="my runs/best.safetensors",
)


def card(**changes):
    return tiny_net.card(precision=Precision.INT8, engine=PASSPORT.model_copy(update=changes))


def test_the_command_says_all_that_the_card_says():
    options = "--precision int8 --flavour tensorrt_rtx --target sm86 --target sm120 --batch 4"
    path = Path("tiny.engine")
    assert rebuild.as_it_was(path, card()) == f"edgefer build-engine 'my runs/best.safetensors' {options}"
    older = ModelCard.from_json(card(source="/home/somebody/best.safetensors").to_json(), "an older card")
    assert rebuild.as_it_was(path, older) == f"edgefer build-engine /home/somebody/best.safetensors {options}"
    assert rebuild.as_it_was(path, card(source="")) == f"edgefer build-engine MODEL {options}"
    Path("model.onnx").write_bytes(b"onnx")
    assert rebuild.as_it_was(path, card()) == f"edgefer build-engine model.onnx {options}"
    standard = card(flavour="tensorrt", version_compatible=True, hardware_compatible=True, batch=(1, 2, 3))
    assert rebuild.as_it_was(path, standard) == (
        "edgefer build-engine model.onnx --precision int8 --flavour tensorrt --batch 1:2:3"
        " --version-compatible --hardware-compatible"
    )
    assert rebuild.as_it_was(path, card(flavour="tensorrt", stripped=True)).endswith(" --batch 4 --strip")
    assert rebuild.as_it_was(path, tiny_net.card()) == "edgefer build-engine model.onnx --precision fp32"


def test_without_a_card_the_onnx_file_tells_its_precision():
    path = Path("tiny.engine")
    assert rebuild.without_card(path, "tensorrt") == "edgefer build-engine MODEL --flavour tensorrt"
    Path("model.onnx").write_bytes(b"no onnx")
    assert rebuild.without_card(path, "tensorrt") == "edgefer build-engine model.onnx --flavour tensorrt"
    tiny_net.write(Path("model.onnx"), own_card=tiny_net.card(precision=Precision.INT8))
    command = "edgefer build-engine model.onnx --flavour tensorrt_rtx --precision int8"
    assert rebuild.without_card(path, "tensorrt_rtx") == command


def test_ranges_are_measured_from_the_model_and_not_from_the_file_that_has_them():
    Path("model.onnx").write_bytes(b"onnx")
    made = card(calibration="my set/faces.npy", targets=("sm89",), max_drop=0.5, max_class_drop=2)
    made = made.but(tools={"calibration": "percentile 99.99"})
    command = (
        "edgefer build-engine 'my runs/best.safetensors' --precision int8 --flavour tensorrt_rtx --target sm89"
        " --calibration 'my set' --calibration-method percentile --max-drop 0.5 --max-class-drop 2 --batch 4"
    )
    assert rebuild.from_model(made) == command
    assert "--calibration" not in rebuild.as_it_was(Path("tiny.engine"), made), "the ONNX file has them"
    Path("model.onnx").unlink()
    assert rebuild.as_it_was(Path("tiny.engine"), made) == command
    fp8 = rebuild.from_model(made.but(precision=Precision.FP8))
    assert fp8.endswith("--calibration 'my set' --batch 4"), "it has no choice of ranges"
    earlier = rebuild.from_model(made.but(tools={}))
    assert "--calibration 'my set' --max-drop" in earlier, "older cards do not say which"


def test_an_rtx_without_int8_convolutions_is_not_told_to_build_them(monkeypatch):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.6.1.120")
    fix = rebuild.for_this_machine(Path("tiny.engine"), card(), load("tensorrt_rtx"), fake_gpu.RTX4090)
    assert fix == "TensorRT-RTX 1.6.1.120 compiles no INT8 convolutions: pip install 'tensorrt-rtx>=1.7'"
