from __future__ import annotations

import sys

import pytest

from edgefer.errors import BackendError, UsageError
from edgefer.trt import flavour as flavours
from tests import fake_gpu


def test_the_real_rtx_says_what_it_can():
    pytest.importorskip("tensorrt_rtx")
    rtx = flavours.load("tensorrt_rtx")
    assert rtx.short == "rtx"
    assert rtx.can_build_without_gpu
    assert {"sm75", "sm80", "sm86", "sm89", "sm120"} <= set(rtx.targets)
    assert rtx.default_targets == ("sm80", "sm86", "sm89", "sm120")
    assert rtx.specialises_shapes
    assert rtx.title.startswith("TensorRT-RTX 1.")


BUILDS = {"workspace", "timing_cache", "version_compatible", "hardware_compatible", "strip"}


@pytest.mark.parametrize(
    ("name", "version", "supported", "weights"),
    [
        ("tensorrt", "10.3.0", BUILDS, False),
        ("tensorrt", "10.13.3.9", BUILDS, False),
        ("tensorrt", "10.16.1.11", BUILDS, True),
        ("tensorrt", "11.4.1", BUILDS, True),
        ("tensorrt_rtx", "1.7.1.116", {"targets", "workspace", "runtime_cache"}, True),
        ("tensorrt_lean", "11.4.0.106", set(), True),
    ],
)
def test_capabilities_follow_the_module(monkeypatch, name, version, supported, weights):
    fake_gpu.install(monkeypatch, name=name, version=version)
    flavour = flavours.load(name)
    offers = {word.removeprefix("supports_") for word in dir(flavour) if word.startswith("supports_")}
    assert {word for word in offers if getattr(flavour, f"supports_{word}")} == supported
    assert flavour.reports_weights is weights
    assert flavour.captures_itself is (name == "tensorrt_rtx")
    assert flavour.specialises_shapes is flavour.can_build_without_gpu is (name == "tensorrt_rtx")


@pytest.mark.parametrize("version", ["8.6.1", "10.2.0", "9.3.0"])
def test_an_old_tensorrt_is_refused_with_the_reason(monkeypatch, version):
    fake_gpu.install(monkeypatch, version=version)
    with pytest.raises(BackendError, match=f"TensorRT {version} is too old: .*strongly typed.*10.3"):
        flavours.load("tensorrt")


@pytest.mark.parametrize(("version", "able"), [("1.5.0.114", False), ("1.6.1.120", False), ("1.7.1.116", True)])
def test_rtx_compiles_int8_convolutions_since_1_7(monkeypatch, version, able):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version=version)
    assert flavours.load("tensorrt_rtx").int8_convolutions is able


def test_a_flavour_that_is_not_installed_names_its_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorrt_rtx", None)
    with pytest.raises(BackendError, match=r"TensorRT-RTX is not installed.*pip install 'edgefer\[rtx\]'"):
        flavours.load("tensorrt_rtx")


def test_a_flavour_that_cannot_be_loaded_says_why(monkeypatch, tmp_path):
    (tmp_path / "tensorrt.py").write_text("raise ImportError('libnvinfer.so.10: cannot open shared object file')")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "tensorrt", raising=False)
    with pytest.raises(BackendError, match=r"cannot be loaded: libnvinfer\.so\.10"):
        flavours.load("tensorrt")


def test_without_a_gpu_rtx_builds_and_with_one_the_standard(monkeypatch):
    fake_gpu.install(monkeypatch, name="tensorrt")
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    assert flavours.choose(None, fake_gpu.NONE).name == "tensorrt_rtx"
    assert flavours.choose(None, fake_gpu.RTX4090).name == "tensorrt"
    assert flavours.choose("rtx", fake_gpu.RTX4090).name == "tensorrt_rtx"
    monkeypatch.setitem(sys.modules, "tensorrt", None)
    assert flavours.choose(None, fake_gpu.RTX4090).name == "tensorrt_rtx"


def test_an_unknown_flavour_gets_a_suggestion():
    with pytest.raises(UsageError, match="did you mean 'tensorrt'"):
        flavours.choose("tensorr", fake_gpu.NONE)


def test_targets_are_spelled_in_many_ways(monkeypatch):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116")
    rtx = flavours.load("tensorrt_rtx")
    assert flavours.parse_targets(["12.0", "sm_89", "SM89", "75"], rtx) == ("sm75", "sm89", "sm120")
    assert flavours.parse_targets([], rtx) == ("sm80", "sm86", "sm89", "sm120")
    with pytest.raises(UsageError, match=r"no target 'sm90'. did you mean .*There are: sm75, sm80, .*, sm121"):
        flavours.parse_targets(["sm90"], rtx)


@pytest.mark.parametrize("name", ["lean", "tensorrt-lean"])
def test_the_lean_runtime_builds_nothing(name):
    with pytest.raises(UsageError, match=r"only runs engines, it builds none\. .*--version-compatible"):
        flavours.choose(name, fake_gpu.RTX4090)
