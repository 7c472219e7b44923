from __future__ import annotations

from edgefer.benchmark.cpu_state import CpuState
from edgefer.benchmark.gpu_state import GpuState
from edgefer.benchmark.jetson import JetsonState
from edgefer.benchmark.machine_state import MachineState
from edgefer.benchmark.machine_words import machine
from tests.benchmark import results


def test_what_the_machine_is():
    pairs = dict(machine(results.MACHINE))
    assert pairs["processor"] == "Test CPU <1>"
    assert pairs["cores used"] == "2 of 4"
    assert pairs["memory"] == "8.0 GB"
    assert pairs["libraries"] == "onnxruntime 1.31"
    assert pairs["load average before, after"] == "0.10, 1.00"
    assert pairs["cores busy with other work"] == "0.00 on average"


def test_what_is_not_known_is_left_out():
    bare = results.MACHINE.model_copy(update={"governor": "", "memory_bytes": None, "other_work": None})
    assert {"CPU governor", "memory", "cores busy with other work"} & dict(machine(bare)).keys() == set()


def test_how_it_was_before_and_after():
    gpu = GpuState(index=0, name="L4", sm_clock_mhz=1500, sm_clock_max_mhz=2040, temperature_c=61, power_w=70.4)
    hot = gpu.model_copy(update={"temperature_c": 83, "held_back": ("power cap",), "power_limit_w": 72.0})
    cpu = CpuState(clock_mhz=2100.4, clock_max_mhz=3500, temperatures_c={"a": 40, "b": 55.2})
    before = MachineState(time="t", cpu=cpu, gpus=(gpu,), jetson=JetsonState(power_mode="MAXN", clocks_locked=False))
    after = MachineState(time="t", gpus=(hot,))
    pairs = dict(machine(results.MACHINE.model_copy(update={"before": before, "after": after})))
    assert pairs["processor before"] == "2100 MHz of 3500, at most 55 °C"
    assert pairs["GPU 0 before"] == "1500 MHz of 2040, 61 °C, 70 W"
    assert pairs["GPU 0 after"] == "1500 MHz of 2040, 83 °C, 70 W of 72, held back by power cap"
    assert pairs["Jetson power mode"] == "MAXN, clocks not locked"
    assert "processor after" not in pairs
