from __future__ import annotations

import pytest

from edgefer.benchmark.gpu_state import GpuState, read_gpus, reasons
from edgefer.benchmark.nvml import Unavailable
from tests import fake_nvml
from tests.fake_nvml import l4


def test_everything_is_read_in_the_units_of_its_name(monkeypatch):
    fake = fake_nvml.install(monkeypatch, l4(reasons=0x1 | 0x4 | 0x20, lowered={0: 2_500_000_000, 1: 0}))
    (gpu,) = read_gpus()
    assert gpu == GpuState(
        index=0,
        name="NVIDIA L4",
        uuid="GPU-4",
        sm_clock_mhz=1200,
        sm_clock_max_mhz=2040,
        memory_clock_mhz=6250,
        memory_clock_max_mhz=6251,
        temperature_c=61,
        power_w=45.5,
        power_limit_w=72,
        memory_used_bytes=512 << 20,
        held_back=("power cap", "thermal slowdown by the driver"),
        power_capped_s=2.5,
        heat_slowed_s=0,
        persistence=True,
    )
    assert fake.users == 0


def test_half_a_gpu_keeps_its_other_half(monkeypatch):
    half = {key: value for key, value in l4().items() if key not in {"power", "limit", "reasons"}}
    fake_nvml.install(monkeypatch, half, None, l4(name="whole"))
    first, lost, whole = read_gpus()
    assert (first.temperature_c, first.power_w, first.power_limit_w, first.held_back) == (61, None, None, None)
    assert first.missing == dict.fromkeys(("power_w", "power_limit_w", "held_back"), "NVML says Not Supported")
    assert (lost.name, lost.missing) == ("GPU 1", {"name": "NVML says GPU is lost"})
    assert (whole.name, whole.missing) == ("whole", {})


@pytest.mark.parametrize("gone", ["nvmlDeviceGetCurrentClocksEventReasons", "nvmlDeviceGetTemperature"])
def test_old_and_new_names_of_a_call_are_both_tried(monkeypatch, gone):
    fake_nvml.install(monkeypatch, l4(reasons=0x8), without=(gone,))
    (gpu,) = read_gpus()
    assert (gpu.temperature_c, gpu.held_back, gpu.missing) == (61, ("hardware slowdown",), {})


def test_reasons_in_words():
    assert reasons(0) == reasons(1) == ()
    assert reasons(0x2 | 0x40) == ("clocks set by the user", "thermal slowdown by the hardware")
    assert reasons(0x80 | 0x400 | 0x1000) == ("power brake", "reason 0x1400")


def test_what_somebody_chose_is_no_throttling():
    assert GpuState(index=0, name="x", held_back=reasons(0x1FF)).throttled == reasons(0x4 | 0x8 | 0x20 | 0x40 | 0x80)
    assert GpuState(index=0, name="x").throttled == ()


def test_without_nvml_there_is_a_reason(monkeypatch):
    fake_nvml.install(monkeypatch, init_error="Driver/library version mismatch")
    with pytest.raises(Unavailable, match="version mismatch"):
        read_gpus()
