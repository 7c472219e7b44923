from __future__ import annotations

import os

import pytest

from edgefer.benchmark import environment, machine_state
from edgefer.benchmark.environment import Environment, record
from edgefer.benchmark.fingerprint import differences, fingerprint
from edgefer.benchmark.gpu_state import GpuState
from edgefer.benchmark.jetson import JetsonState
from edgefer.benchmark.machine_state import MachineState
from tests import fake_gpu, fake_nvml
from tests.benchmark.results import MACHINE


def state(*limits, mode=None, cpu=50.0):
    return MachineState(
        time="2026-11-21T10:00:00+00:00",
        load=0.5,
        gpus=tuple(GpuState(index=index, name="NVIDIA L4", power_limit_w=limit) for index, limit in enumerate(limits)),
        jetson=JetsonState(power_mode=mode) if mode else None,
    )


def test_a_record_holds_the_states_and_survives_json(monkeypatch):
    monkeypatch.setattr(environment.driver, "probe", lambda: fake_gpu.RTX4090)
    fake_nvml.install(monkeypatch, fake_nvml.l4())
    before, during = state(72), (state(72), state(60))
    found = record(before, 0.25, during)
    assert (found.before, found.during, found.other_work) == (before, during, 0.25)
    assert found.after.gpus[0].power_limit_w == 72
    assert found.load == (0.5, found.after.load)
    assert (found.gpus, found.driver) == (("NVIDIA GeForce RTX 4090",), "580.65.06")
    assert found.gpu == "NVIDIA GeForce RTX 4090 (sm89); driver 580.65.06, CUDA 13.0"
    assert found.cores == len(os.sched_getaffinity(0)) <= found.cores_of_machine
    assert found.libraries["numpy"]
    assert Environment.model_validate_json(found.model_dump_json()) == found


def test_a_machine_without_a_gpu_says_why(monkeypatch):
    monkeypatch.setattr(environment.driver, "probe", lambda: fake_gpu.NONE)
    found = record(machine_state.read(), None)
    assert (found.gpu, found.gpus, found.driver) == ("none: no NVIDIA driver is installed", (), "")


def test_one_machine_is_comparable_with_itself():
    # Either side of where rounding turns.
    before = MACHINE.model_copy(update={"before": state(72.0, mode="MAXN"), "memory_bytes": 7_940_000_000})
    later = before.model_copy(
        update={
            "date": "2027-01-01T00:00:00+00:00",
            "load": (3.0, 4.0),
            "memory_bytes": 7_960_000_000,
            "libraries": {},
        }
    )
    assert fingerprint(before) != fingerprint(later)
    assert differences(before, later) == []


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"cpu": "Other CPU"}, "CPU Test CPU <1> and Other CPU"),
        ({"cores": 1}, "cores 2 and 1"),
        ({"cpu_quota": 1.5}, "CPU quota none and 1.5 cores"),
        ({"memory_bytes": 4_000_000_000}, "memory 8.0 GB and 4.0 GB"),
        ({"governor": "powersave"}, "CPU governor performance and powersave"),
        ({"gpus": ("NVIDIA L4",)}, "GPU none and NVIDIA L4"),
        ({"driver": "550.1"}, "GPU driver 580.1 and 550.1"),
        ({"before": state(60)}, "GPU power limit 72 W and 60 W"),
        ({"before": state(72, mode="15W")}, "power mode MAXN and 15W"),
    ],
)
def test_what_differs_is_named(changes, words):
    known = MACHINE.model_copy(update={"driver": "580.1", "before": state(72, mode="MAXN")})
    assert differences(known, known.model_copy(update=changes)) == [words]


def test_what_a_record_does_not_tell_is_no_difference():
    known = MACHINE.model_copy(update={"driver": "580.1", "before": state(72, mode="MAXN")})
    silent = MACHINE.model_copy(update={"memory_bytes": None, "governor": ""})
    assert differences(known, silent) == differences(silent, known) == []
    half = known.model_copy(update={"before": state(60, None, mode="MAXN")})
    assert differences(known, half) == []
