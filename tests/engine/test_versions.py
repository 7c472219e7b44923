"""The builder against the bindings of every kind of TensorRT: a call that one of them lacks fails here."""

from __future__ import annotations

import pytest

from edgefer.engine.compiler import compile_plan
from edgefer.engine.options import Options, check_options
from edgefer.errors import UsageError
from edgefer.trt.flavour import load
from edgefer.trt.plan import parse_header
from tests import fake_gpu


@pytest.mark.parametrize(("name", "version"), fake_gpu.VERSIONS)
def test_a_build_calls_nothing_that_a_version_lacks(monkeypatch, name, version):
    tensorrt, _ = fake_gpu.install(monkeypatch, name=name, version=version)
    flavour = load(name)
    targets = flavour.default_targets or ("sm89",)
    plan = compile_plan(flavour, b"onnx", (1, 8, 32), targets, "compiling")
    header = parse_header(plan.data)
    assert (header.flavour, header.version.startswith(version)) == (name, True)
    (config,) = tensorrt.built
    assert config.profiles == [{"pixels": tuple((size, 1, 32, 32) for size in (1, 8, 32))}]
    assert config.targets == ({0: "SM80", 1: "SM86", 2: "SM89", 3: "SM120"} if name == "tensorrt_rtx" else {})


@pytest.mark.parametrize(("name", "version"), fake_gpu.VERSIONS)
def test_every_option_is_built_or_refused_before(monkeypatch, name, version):
    tensorrt, _ = fake_gpu.install(monkeypatch, name=name, version=version)
    flavour = load(name)
    for options in (
        Options(version_compatible=True),
        Options(hardware_compatible=True),
        Options(strip=True),
        Options(workspace=64),
    ):
        if name == "tensorrt_rtx" and options.workspace is None:
            with pytest.raises(UsageError, match=r"compatible engines|without weights"):
                check_options(options, flavour, ("sm89",))
            continue
        check_options(options, flavour, ("sm89",))
        compile_plan(flavour, b"onnx", (1, 8, 32), flavour.default_targets or ("sm89",), "compiling", options)
        config = tensorrt.built[-1]
        vc, stripped = {"VERSION_COMPATIBLE", "EXCLUDE_LEAN_RUNTIME"}, {"STRIP_PLAN", "REFIT_IDENTICAL"}
        assert config.set_flags == (vc if options.version_compatible else stripped if options.strip else set())
        assert (config.hardware_compatibility_level is not None) is options.hardware_compatible
        assert config.pools == ({} if options.workspace is None else {"WORKSPACE": 64 << 20})
