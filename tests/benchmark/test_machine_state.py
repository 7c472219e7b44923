from __future__ import annotations

import os
from datetime import datetime

import pytest

from edgefer.benchmark import cpu_state, jetson, machine_state
from edgefer.benchmark.cpu_state import read_cpu
from edgefer.benchmark.gpu_state import GpuState
from edgefer.benchmark.jetson import read_jetson
from edgefer.benchmark.machine_state import MachineState, throttled_between
from tests import fake_nvml
from tests.fake_nvml import l4


@pytest.fixture
def tree(tmp_path):
    """Write files of /proc and /sys below a folder; returns the folder."""

    def write(**files):
        for place, content in files.items():
            path = tmp_path / place.replace("__", "/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"{content}\n")
        return tmp_path

    return write


def test_two_cores_of_four_are_read(tree, monkeypatch):
    monkeypatch.setattr(cpu_state, "cores", lambda: [0, 1])
    for core, khz in enumerate((1_000_000, 2_000_000, 9_000_000)):
        folder = f"sys__devices__system__cpu__cpu{core}__cpufreq"
        root = tree(
            **{
                f"{folder}__scaling_cur_freq": khz,
                f"{folder}__cpuinfo_max_freq": 2_500_000 + core,
                f"{folder}__scaling_governor": "schedutil",
            }
        )
    state = read_cpu(root)
    assert (state.clock_mhz, state.clock_max_mhz, state.governor) == (1500.0, 2500.001, "schedutil")


def test_zones_of_one_type_are_told_apart_and_dead_ones_left_out(tree):
    zones = [("x86_pkg_temp", 54_000), ("acpitz", 20_000), ("acpitz", 21_500), ("off", -256_000)]
    for index, (kind, temperature) in enumerate(zones):
        folder = f"sys__class__thermal__thermal_zone{index}"
        root = tree(**{f"{folder}__type": kind, f"{folder}__temp": temperature})
    assert read_cpu(root).temperatures_c == {"x86_pkg_temp": 54.0, "acpitz": 20.0, "acpitz 2": 21.5}


def test_a_virtual_machine_tells_its_clock_in_cpuinfo(tree):
    state = read_cpu(tree(proc__cpuinfo="cpu MHz\t\t: 2500.0\ncpu MHz\t\t: 2600.0"))
    assert (state.clock_mhz, state.clock_max_mhz, state.governor) == (2550.0, None, None)


def test_a_system_that_tells_nothing(tmp_path):
    assert read_cpu(tmp_path) == cpu_state.CpuState()
    assert read_jetson(tmp_path) is None


@pytest.fixture
def orin(tree, tmp_path, monkeypatch):
    """A Jetson whose nvpmodel answers with the given text, at the given ranges of clocks."""

    def make(answer, cpu=(729_600, 729_600), gpu=(306_000_000, 306_000_000)):
        program = tmp_path / "bin/nvpmodel"
        program.parent.mkdir(exist_ok=True)
        program.write_text(f'#!/bin/sh\n[ "$*" = -q ] && printf "{answer}"\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
        policy, devfreq = "sys__devices__system__cpu__cpufreq__policy0", "sys__class__devfreq__17000000.gpu"
        return tree(
            **{
                "proc__device-tree__compatible": "nvidia,p3768-0000+p3767-0003\0nvidia,tegra234\0",
                f"{policy}__scaling_min_freq": cpu[0],
                f"{policy}__scaling_max_freq": cpu[1],
                f"{devfreq}__min_freq": gpu[0],
                f"{devfreq}__max_freq": gpu[1],
            }
        )

    return make


def test_a_jetson_tells_its_power_mode_and_that_its_clocks_are_locked(orin):
    state = read_jetson(orin("NV Power Mode: 15W\\n0\\n"))
    assert (state.power_mode, state.clocks_locked, state.missing) == ("15W", True, {})


@pytest.mark.parametrize("ranges", [{"cpu": (115_200, 729_600)}, {"gpu": (306_000_000, 624_750_000)}])
def test_a_jetson_whose_clocks_move(orin, ranges):
    assert read_jetson(orin("NV Power Mode: MAXN\\n2\\n", **ranges)).clocks_locked is False


def test_a_jetson_that_refuses_says_why(orin):
    state = read_jetson(orin("NVPM ERROR: must be root\\n"))
    assert state.power_mode is None
    assert "root" in state.missing["power_mode"]


def test_a_jetson_without_nvpmodel(tree, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    state = read_jetson(tree(**{"proc__device-tree__compatible": "nvidia,tegra234"}))
    assert (state.power_mode, state.clocks_locked) == (None, None)
    assert state.missing == {
        "power_mode": "nvpmodel is not on the PATH",
        "clocks_locked": "the kernel shows no range of clocks",
    }


def test_one_reading_of_all(monkeypatch):
    fake_nvml.install(monkeypatch, l4(reasons=0x4), l4(name="quiet"))
    monkeypatch.setattr(machine_state, "read_jetson", lambda: jetson.JetsonState(power_mode="MAXN"))
    state = machine_state.read()
    assert [gpu.name for gpu in state.gpus] == ["NVIDIA L4", "quiet"]
    assert state.throttled == ("NVIDIA L4: power cap",)
    assert state.jetson.power_mode == "MAXN"
    assert state.load == pytest.approx(os.getloadavg()[0], abs=1)
    assert datetime.fromisoformat(state.time).utcoffset().total_seconds() == 0
    assert MachineState.model_validate_json(state.model_dump_json()) == state


def test_a_broken_driver_leaves_the_rest(monkeypatch):
    fake_nvml.install(monkeypatch, init_error="Driver/library version mismatch")
    state = machine_state.read()
    assert state.gpus == ()
    assert state.missing == {"gpus": "NVML says Driver/library version mismatch"}
    assert state.load is not None


def gpu_at(capped, heat, held_back=()):
    return MachineState(
        time="2026-11-21T10:00:00+00:00",
        gpus=(GpuState(index=0, name="L4", power_capped_s=capped, heat_slowed_s=heat, held_back=held_back),),
    )


def test_throttling_that_ended_before_the_reading_is_counted():
    assert throttled_between(gpu_at(5, 1), gpu_at(6.25, 1)) == ("L4: power cap for 1.2 s",)
    assert throttled_between(gpu_at(5, 1), gpu_at(5, 1.5)) == ("L4: heat for 0.5 s",)
    assert throttled_between(gpu_at(5, 1), gpu_at(5, 1)) == ()


def test_a_gpu_without_counters_tells_what_it_does_now():
    assert throttled_between(gpu_at(None, None), gpu_at(None, None, ("power brake",))) == ("L4: power brake",)
    empty = gpu_at(None, None).model_copy(update={"gpus": ()})
    assert throttled_between(empty, gpu_at(5, 1)) == ()
