"""The fake TensorRT is only as good as its table: it must be strict, and agree with what is installed."""

from __future__ import annotations

import pytest

from tests import fake_tensorrt
from tests.fake_tensorrt import TensorRT, Unplayed


@pytest.mark.parametrize(
    ("name", "version", "column"),
    [
        ("tensorrt", "10.3.0.26", "tensorrt 10.3.0"),
        ("tensorrt", "10.9.0", "tensorrt 10.7.0"),
        ("tensorrt", "11.4.1", "tensorrt 11.4.0.106"),
        ("tensorrt", "8.6.1", "tensorrt 10.3.0"),
        ("tensorrt_rtx", "1.6.1.120", "tensorrt_rtx 1.5.0.114"),
        ("tensorrt_lean", "10.13.3.9", "tensorrt_lean 11.4.0.106"),
    ],
)
def test_a_version_is_played_by_the_newest_that_is_not_newer(name, version, column):
    assert fake_tensorrt.table()[0][fake_tensorrt.column(name, version)] == column


def test_what_a_version_lacks_raises_attribute_error():
    old, new = TensorRT("tensorrt", "10.3.0"), TensorRT("tensorrt", "11.4.0.106")
    rtx, lean = TensorRT("tensorrt_rtx", "1.7.1.116"), TensorRT("tensorrt_lean", "11.4.0.106")
    assert old.BuilderFlag.FP16.name == "FP16"
    for module, path in [
        (new, "BuilderFlag.FP16"),
        (new, "NetworkDefinitionCreationFlag.EXPLICIT_BATCH"),
        (old, "ICudaEngine.get_engine_stat"),
        (old, "ICudaEngine.create_runtime_config"),
        (old, "EngineStat"),
        (new, "IBuilderConfig.set_compute_capability"),
        (new, "DynamicShapesKernelSpecializationStrategy"),
        (rtx, "BuilderFlag.INT8"),
        (lean, "Builder"),
        (lean, "OnnxParser"),
        (lean, "IRuntimeConfig.create_runtime_cache"),
    ]:
        *way, last = path.split(".")
        thing = getattr(module, way[0]) if way else module
        with pytest.raises(AttributeError):
            getattr(thing, last)
    config = new.Builder(new.ILogger()).create_builder_config()
    with pytest.raises(AttributeError):
        config.num_compute_capabilities = 1
    with pytest.raises(AttributeError):
        config.max_workspace_size = 1


def test_what_is_there_but_not_played_says_so():
    new = TensorRT("tensorrt", "11.4.0.106")
    assert hasattr(new.IBuilderConfig, "builder_optimization_level")
    with pytest.raises(Unplayed, match=r"IBuilderConfig\.builder_optimization_level"):
        _ = new.Builder(new.ILogger()).create_builder_config().builder_optimization_level
    with pytest.raises(Unplayed, match="IInt8Calibrator"):
        _ = new.IInt8Calibrator


def test_the_flag_of_strong_typing_has_the_value_of_its_version():
    assert TensorRT("tensorrt", "10.13.3.9").NetworkDefinitionCreationFlag.STRONGLY_TYPED == 1
    assert TensorRT("tensorrt", "11.4.0.106").NetworkDefinitionCreationFlag.STRONGLY_TYPED == 0


@pytest.mark.parametrize("name", ["tensorrt", "tensorrt_rtx", "tensorrt_lean"])
def test_the_table_is_what_is_installed(name):
    real = pytest.importorskip(name)
    titles, rows = fake_tensorrt.table()
    if f"{name} {real.__version__}" not in titles:
        pytest.skip(f"the table has no {name} {real.__version__}")
    number = titles.index(f"{name} {real.__version__}")
    for entry, marks in rows.items():
        kind, _, attribute = entry.partition(".")
        found = hasattr(real, kind) and (not attribute or hasattr(getattr(real, kind), attribute))
        assert found == marks[number], entry
