from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import pytest

from edgefer.paths import cache_dir
from edgefer.trt.caches import compiled_before, runtime_cache, timed_before, timing_cache
from edgefer.trt.driver import Driver, Gpu
from tests.fake_gpu import ORIN, RTX4090

STANDARD = SimpleNamespace(
    name="tensorrt", version="10.13.3.9", title="TensorRT", supports_timing_cache=True, supports_runtime_cache=False
)
RTX = SimpleNamespace(
    name="tensorrt_rtx", version="1.7.1.116", title="RTX", supports_timing_cache=False, supports_runtime_cache=True
)


class Config:
    """Of IBuilderConfig what a timing cache needs; a build adds a measurement to what it was given."""

    refuses = b"-"
    cache = None

    def create_timing_cache(self, data):
        return SimpleNamespace(data=data, serialize=lambda: bytearray(data + b"+measured"))

    def set_timing_cache(self, cache, ignore_mismatch):
        assert ignore_mismatch is False
        if cache.data == self.refuses:
            return False
        self.cache = cache
        return True

    def get_timing_cache(self):
        return self.cache


def build(machine=RTX4090, flavour=STANDARD, config=None):
    config = config or Config()
    with timed_before(flavour, machine, config):
        assert config.cache is not None
    return config.cache.data


def files():
    folder = cache_dir() / "tensorrt"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def test_a_build_begins_with_what_the_last_one_measured(capfd):
    assert build() == b""
    assert build() == b"+measured"
    assert build() == b"+measured+measured"
    assert build(ORIN) == b""  # another GPU has a cache of its own
    assert files() == ["timing-tensorrt-nvidia-geforce-rtx-4090-sm89.cache", "timing-tensorrt-orin-sm87.cache"]
    assert capfd.readouterr().err == ""


def test_what_a_stopped_build_measured_is_kept():
    with pytest.raises(KeyboardInterrupt), timed_before(STANDARD, RTX4090, Config()):
        raise KeyboardInterrupt
    assert build() == b"+measured"


@pytest.mark.parametrize(
    ("now", "flavour", "words"),
    [
        (RTX4090, SimpleNamespace(**{**vars(STANDARD), "version": "11.4.0.106"}), "with version 10.13.3.9, not 11.4"),
        (replace(RTX4090, version="590.1"), STANDARD, "with driver 580.65.06, not 590.1"),
        (Driver((Gpu("NVIDIA-GeForce-RTX-4090", "sm89", 1),), "580.65.06"), STANDARD, "with gpu NVIDIA GeForce"),
    ],
)
def test_one_that_does_not_fit_is_ignored_with_a_word_and_replaced(capfd, now, flavour, words):
    build()
    assert build(now, flavour) == b""
    assert words in capfd.readouterr().err
    assert build(now, flavour) == b"+measured"
    assert capfd.readouterr().err == ""
    assert len(files()) == 1


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"[]\n", b'{"flavour": "tensorrt"}\nrest'])
def test_a_damaged_one_is_ignored_with_a_word(capfd, damage):
    build()
    path = timing_cache(STANDARD, RTX4090).path
    path.write_bytes(damage)
    assert build() == b""
    assert "is damaged: ignored" in capfd.readouterr().err
    assert build() == b"+measured"


def test_a_cut_one_is_ignored(capfd):
    build()
    path = timing_cache(STANDARD, RTX4090).path
    path.write_bytes(path.read_bytes()[:-1])
    assert build() == b""
    assert "is damaged" in capfd.readouterr().err


def test_one_that_tensorrt_refuses_is_ignored_with_a_word(capfd):
    timing_cache(STANDARD, RTX4090).write(Config.refuses)
    assert build() == b""
    assert "is refused by TensorRT" in capfd.readouterr().err


def test_a_folder_that_cannot_be_written_costs_a_word(capfd, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEFER_HOME", str(tmp_path / "file"))
    assert build() == b""
    assert "the timing cache was not kept: cannot write" in capfd.readouterr().err


def test_a_flavour_without_one_is_left_alone():
    with timed_before(RTX, Driver(), None):
        pass
    assert files() == []


class RuntimeConfig:
    """Of IRuntimeConfig what a runtime cache needs; its cache compiles one kernel."""

    refuses = False

    def __init__(self):
        self.data, self.used = b"", None

    def create_runtime_cache(self):
        return SimpleNamespace(deserialize=self._load, serialize=lambda: bytearray(self.data or b"kernel"))

    def _load(self, data):
        if not self.refuses:
            self.data = data
        return not self.refuses

    def set_runtime_cache(self, cache):
        self.used = cache


def run(plan=b"plan", machine=RTX4090):
    config = RuntimeConfig()
    kernels = compiled_before(RTX, machine, plan, config)
    assert config.used is kernels.cache
    kernels.keep()
    return kernels.before


def test_an_engine_begins_with_the_kernels_of_its_last_run(capfd):
    assert run() == b""
    written = runtime_cache(RTX, RTX4090, b"plan").path.stat().st_mtime_ns
    assert run() == b"kernel"
    assert runtime_cache(RTX, RTX4090, b"plan").path.stat().st_mtime_ns == written  # nothing new, nothing written
    assert run(b"another plan") == b""
    assert run(machine=ORIN) == b""
    assert capfd.readouterr().err == ""


def test_kernels_of_another_version_are_ignored_but_another_driver_is_for_tensorrt_to_judge(capfd, monkeypatch):
    run()
    assert run(machine=replace(RTX4090, version="590.1")) == b"kernel"
    monkeypatch.setattr(RTX, "version", "1.8.0.1")
    assert run() == b""
    assert "runtime cache" in (err := capfd.readouterr().err)
    assert "with version 1.7.1.116, not 1.8.0.1" in err


def test_kernels_that_tensorrt_refuses_are_ignored_with_a_word(capfd, monkeypatch):
    run()
    monkeypatch.setattr(RuntimeConfig, "refuses", True)
    assert run() == b""
    assert "is refused by RTX" in capfd.readouterr().err


def test_a_flavour_without_kernels_to_compile_has_no_cache():
    assert compiled_before(STANDARD, RTX4090, b"plan", None) is None
