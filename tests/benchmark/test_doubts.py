from __future__ import annotations

import pytest

from edgefer.benchmark.cpu_state import CpuState
from edgefer.benchmark.doubts import bounds, doubts
from edgefer.benchmark.figures import VerdictKind
from edgefer.benchmark.gpu_state import GpuState
from edgefer.benchmark.jetson import JetsonState
from edgefer.benchmark.machine_state import MachineState
from tests.benchmark import measured


def verdicts(*rows, **machine):
    return list(doubts(measured.result(*rows, machine=measured.machine(**machine))))


def only(kind, *rows, **machine):
    found = verdicts(*rows, **machine)
    assert [one.kind for one in found] == [kind]
    return found[0]


def on_gpu(**changes):
    return measured.row(device="cuda:0", **changes)


def looks(*gpus, **cpu):
    return [MachineState(time=f"2026-11-21T10:00:0{place}+00:00", gpus=(gpu,)) for place, gpu in enumerate(gpus)]


def test_a_quiet_run_on_an_idle_machine_has_no_doubts():
    assert verdicts(measured.row(times={1: 0.16, 32: 3.2}), on_gpu(model="gpu")) == []


def test_a_busy_machine():
    found = only(VerdictKind.BUSY, measured.row(), other_work=1.34)
    assert "1.3 of 4 cores busy" in found.text
    assert not verdicts(measured.row(), other_work=None)


def test_rounds_that_vary_name_the_worst_rows_first():
    rows = [measured.row(f"m{n}", shape=(1 - n / 40, 1 + n / 50, 1 - n / 30, 1 + n / 40)) for n in range(1, 6)]
    found = only(VerdictKind.UNSTABLE, measured.row(), *rows)
    assert found.rows == tuple(f"m{n}, ONNX Runtime FP32" for n in range(1, 6))
    assert found.text.index("m5,") < found.text.index("m4,") < found.text.index("m3,")
    assert "and 2 more" in found.text
    assert "m2" not in found.text


@pytest.mark.parametrize(
    ("device", "machine", "fix"),
    [
        ("cpu", {}, "--rounds 20"),
        ("cpu", {"governor": "powersave"}, "cpupower frequency-set -g performance"),
        ("cuda:0", {}, "nvidia-smi -lgc"),
        ("cuda:0", {"after": MachineState(time="", jetson=JetsonState())}, "sudo jetson_clocks"),
    ],
)
def test_what_steadies_an_unstable_machine(device, machine, fix):
    assert fix in only(VerdictKind.UNSTABLE, measured.row(shape=measured.NOISY, device=device), **machine).text


def test_drifts_up_and_down():
    up, down = (1.0, 1.01, 1.02, 1.03, 1.04), (1.04, 1.03, 1.02, 1.01, 1.0)
    found = only(VerdictKind.TREND, measured.row(shape=up))
    assert found.text.startswith("drift: slower from round to round")
    assert "small, ONNX Runtime FP32, batch 1: 4.0%" in found.text
    found = only(VerdictKind.TREND, measured.row(shape=down))
    assert found.text.startswith("drift: faster from round to round")
    assert "not warm" in found.text


def test_a_drift_within_the_noise_is_none():
    assert not verdicts(measured.row(shape=(1.0, 1.005, 1.01, 1.015, 1.02)))


def test_tails():
    found = only(VerdictKind.TAIL, measured.row(p99=8.0))
    assert "1.28 ms against 0.160" in found.text
    assert not verdicts(measured.row(p99=2.9))


def test_a_gpu_that_the_driver_throttled_by_its_counters():
    first, last = (
        GpuState(index=0, name="NVIDIA L4", power_capped_s=1.0),
        GpuState(index=0, name="NVIDIA L4", power_capped_s=3.5),
    )
    before, after = looks(first, last)
    found = only(VerdictKind.THROTTLED, on_gpu(), before=before, after=after)
    assert "NVIDIA L4: power cap for 2.5 s" in found.text
    assert found.rows == ("small, ONNX Runtime FP32",)
    assert not verdicts(on_gpu(), before=before, after=before)


def test_a_gpu_that_was_seen_throttled_in_a_round():
    free = GpuState(index=0, name="NVIDIA L4", held_back=())
    held = free.model_copy(update={"held_back": ("thermal slowdown by the hardware",)})
    before, between, after = looks(free, held, free)
    found = only(VerdictKind.THROTTLED, on_gpu(), before=before, during=(between,), after=after)
    assert "NVIDIA L4: thermal slowdown by the hardware" in found.text
    chosen = free.model_copy(update={"held_back": ("clocks set by the user",)})
    assert not verdicts(on_gpu(), before=looks(chosen)[0], after=looks(chosen)[0])


def test_a_gpu_whose_clock_falls_from_round_to_round():
    fast, slow = (GpuState(index=0, name="NVIDIA L4", sm_clock_mhz=clock) for clock in (2040, 1500))
    found = only(VerdictKind.THROTTLED, on_gpu(), during=tuple(looks(fast, fast, slow)))
    assert "the clock of NVIDIA L4 fell from 2040 to 1500 MHz" in found.text
    # At rest, after the last round.
    assert not verdicts(on_gpu(), before=looks(fast)[0], during=tuple(looks(fast, fast)), after=looks(slow)[0])


def test_a_throttled_gpu_is_no_matter_to_rows_on_the_cpu():
    held = GpuState(index=0, name="NVIDIA L4", held_back=("power cap",))
    assert not verdicts(measured.row(), before=looks(held)[0])


def test_a_cpu_whose_clock_falls():
    high, low = (MachineState(time="", cpu=CpuState(clock_mhz=clock)) for clock in (3400.0, 2100.0))
    found = only(VerdictKind.THROTTLED, measured.row(), governor="performance", before=high, after=low)
    assert "the CPU's clock fell from 3400 to 2100 MHz" in found.text
    assert found.rows == ("small, ONNX Runtime FP32",)
    assert not verdicts(measured.row(), governor="powersave", before=high, after=low)
    assert not verdicts(measured.row(), governor="performance", before=low, after=high)


def test_bound_by_the_host_that_queues():
    found = only(VerdictKind.BOUND, on_gpu(parts=measured.parts(compute=0.1, enqueue=0.081)))
    assert "the host takes 0.081 ms to queue what the GPU computes in 0.100 ms; a CUDA graph" in found.text
    assert not verdicts(on_gpu(parts=measured.parts(compute=0.1, enqueue=0.079)))
    assert "graph" not in next(bounds(measured.parts(enqueue=0.1), cuda_graph=True))


@pytest.mark.parametrize(("part", "words"), [("h2d", "copying pixels to the GPU"), ("d2h", "copying logits back")])
def test_bound_by_copies(part, words):
    found = only(VerdictKind.BOUND, on_gpu(parts=measured.parts(**{part: 0.1})))
    assert f"batch 1: {words} takes 0.100 ms, the network itself 0.100 ms" in found.text
    assert not verdicts(on_gpu(parts=measured.parts(**{part: 0.099})))
