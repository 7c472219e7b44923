from __future__ import annotations

from edgefer.engine.compiler import compile_plan
from edgefer.paths import cache_dir
from edgefer.trt.flavour import load
from tests import fake_gpu


def test_standard_builds_share_their_kernel_times(monkeypatch, capfd):
    given = []

    def build():
        tensorrt, _ = fake_gpu.install(monkeypatch, driver=fake_gpu.ORIN)
        create = tensorrt.IBuilderConfig.create_timing_cache
        monkeypatch.setattr(
            tensorrt.IBuilderConfig,
            "create_timing_cache",
            lambda self, data: given.append(bytes(data)) or create(self, data),
        )
        compile_plan(load("tensorrt"), b"onnx", (1, 2, 4), ("sm87",), "compiling")

    build()
    build()
    assert given == [b"", b"10.13.3.9 kernel times"]
    assert [path.name for path in (cache_dir() / "tensorrt").iterdir()] == ["timing-tensorrt-orin-sm87.cache"]
    assert "ignored" not in capfd.readouterr().err


def test_rtx_keeps_none(monkeypatch):
    fake_gpu.install(monkeypatch, name="tensorrt_rtx", version="1.7.1.116", driver=fake_gpu.NONE)
    compile_plan(load("tensorrt_rtx"), b"onnx", (1, 2, 4), ("sm89",), "compiling")
    assert not (cache_dir() / "tensorrt").exists()


def test_a_cache_of_another_version_is_not_given_to_tensorrt(monkeypatch, capfd):
    for version in ("10.13.3.9", "11.4.0.106"):
        fake_gpu.install(monkeypatch, version=version, driver=fake_gpu.ORIN)
        compile_plan(load("tensorrt"), b"onnx", (1, 2, 4), ("sm87",), "compiling")
    assert "was made with version 10.13.3.9, not 11.4.0.106: ignored" in capfd.readouterr().err
