from __future__ import annotations

import pytest

from edgefer.card import Precision
from edgefer.engine.build import build_engine
from edgefer.engine.compiler import compile_plan
from edgefer.engine.layout import folder_name
from edgefer.engine.options import Options, check_options, parse_batch
from edgefer.errors import BuildError, UsageError
from edgefer.trt.flavour import load
from tests import fake_gpu, tiny_net


@pytest.fixture
def rtx():
    pytest.importorskip("tensorrt_rtx")
    return load("tensorrt_rtx")


class Flavour:
    """Of a standard TensorRT what these checks ask."""

    title, supports_targets = "TensorRT 10.13", ()
    supports_version_compatible = supports_hardware_compatible = supports_workspace = supports_strip = True


def test_batch_ranges():
    assert parse_batch("1:8:32") == (1, 8, 32)
    assert parse_batch("4") == (4, 4, 4)
    for wrong in ("8:1:32", "0:1:2", "1:8", "a", "1:2:3:4", "-1"):
        with pytest.raises(UsageError):
            parse_batch(wrong)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            Options(version_compatible=True),
            r"no version-compatible engines: there is no lean runtime.*--flavour tensorrt",
        ),
        (Options(hardware_compatible=True), r"no hardware-compatible engines.*--target sm86 --target sm89"),
    ],
)
def test_what_rtx_lacks_is_refused_with_the_reason(rtx, options, words):
    with pytest.raises(UsageError, match=words):
        check_options(options, rtx, ("sm86", "sm89"))
    check_options(Options(workspace=64), rtx, ("sm86",))


def test_what_standard_tensorrt_has_is_let_pass():
    check_options(Options(True, True, 64), Flavour, ("sm87",))
    with pytest.raises(UsageError, match=r"from Ampere \(sm80\) on, and this one is sm75"):
        check_options(Options(hardware_compatible=True), Flavour, ("sm75",))
    check_options(Options(hardware_compatible=True), Flavour, ("sm120",))


def test_no_workspace_below_one_megabyte():
    with pytest.raises(UsageError, match="a workspace of 0 MB"):
        Options(workspace=0)


def test_a_workspace_that_is_too_small_ends_a_real_build_with_the_option_to_raise(rtx, tmp_path, capfd):
    onnx = tiny_net.write(tmp_path / "a.onnx")
    with pytest.raises(BuildError, match=r"workspace limit.*raise --workspace") as caught:
        compile_plan(rtx, onnx.read_bytes(), (1, 512, 4096), ("sm89",), "compiling", Options(workspace=1))
    assert "\n" not in str(caught.value)
    assert "done" not in capfd.readouterr().err
    assert compile_plan(rtx, onnx.read_bytes(), (1, 8, 32), ("sm89",), "compiling", Options(workspace=64)).data


def test_folders_of_compatible_engines_do_not_meet_the_others(rtx):
    names = [folder_name("c", Precision.FP16, rtx, ["sm89"], Options(one, two)) for one in (0, 1) for two in (0, 1)]
    assert names == ["c-fp16-rtx-sm89", "c-fp16-rtx-sm89-hc", "c-fp16-rtx-sm89-vc", "c-fp16-rtx-sm89-vc-hc"]


def test_folders_of_other_batch_ranges_do_not_meet_the_default_ones(rtx):
    names = [
        folder_name("c", Precision.BF16, rtx, ["sm89"], batch=batch) for batch in [(1, 8, 32), (4, 4, 4), (1, 4, 4)]
    ]
    assert names == ["c-bf16-rtx-sm89", "c-bf16-rtx-sm89-b4", "c-bf16-rtx-sm89-b1-4-4"]


def test_options_reach_tensorrt_and_the_passport(monkeypatch, tmp_path):
    from enum import Enum
    from types import SimpleNamespace

    tensorrt, _ = fake_gpu.install(monkeypatch, driver=fake_gpu.ORIN)
    config = tensorrt.IBuilderConfig
    monkeypatch.setattr(
        tensorrt, "BuilderFlag", Enum("BuilderFlag", ["VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME"]), raising=False
    )
    monkeypatch.setattr(
        tensorrt, "HardwareCompatibilityLevel", SimpleNamespace(AMPERE_PLUS="ampere", NONE="none"), raising=False
    )
    monkeypatch.setattr(tensorrt, "MemoryPoolType", SimpleNamespace(WORKSPACE="workspace"), raising=False)
    monkeypatch.setattr(config, "hardware_compatibility_level", "none", raising=False)
    asked = []
    monkeypatch.setattr(config, "set_flag", lambda self, flag: asked.append(flag.name), raising=False)
    monkeypatch.setattr(config, "set_memory_pool_limit", lambda self, *pool: asked.append(pool), raising=False)
    onnx = tiny_net.write(tmp_path / "a.onnx")
    result = build_engine(onnx, Precision.FP16, options=Options(True, True, 64))
    assert asked == ["VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME", ("workspace", 64 << 20)]
    assert tensorrt.built[0].hardware_compatibility_level == "ampere"
    passport = result.card.engine
    assert (passport.version_compatible, passport.hardware_compatible) == (True, True)
    assert result.folder.name == "tiny-fp16-trt-sm87-vc-hc"
    # The plan has no runtime inside, so this TensorRT is not asked to load it for the table of layers.
    assert not any(key.startswith("engine") for key in passport.census)

    asked.clear()
    passport = build_engine(onnx, Precision.FP16, tmp_path / "plain").card.engine
    assert asked == []
    assert (passport.version_compatible, passport.hardware_compatible) == (False, False)
