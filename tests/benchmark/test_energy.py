from __future__ import annotations

import threading
import time
from pathlib import Path
from types import SimpleNamespace

import pytest

from edgefer.benchmark import energy, energy_sources, gauges
from edgefer.benchmark.energy import Energy, measure
from edgefer.benchmark.energy_sources import gauge_for
from edgefer.benchmark.gauges import PowerGauge
from edgefer.benchmark.nvml import Unavailable
from edgefer.trt import driver
from tests import fake_nvml
from tests.fake_nvml import NVMLError, l4

NEVER = "Not Supported"


class Libcuda:
    """libcuda of a machine whose first CUDA device is not NVML's first GPU."""

    addresses = (b"0000:3B:00.0", b"0000:01:00.0")

    def cuInit(self, flags):
        assert flags == 0
        return 0

    def cuDeviceGet(self, out, index):
        out._obj.value = index
        return 0 if index < len(self.addresses) else 101

    def cuDeviceGetPCIBusId(self, address, size, device):
        assert size >= 13
        address.value = self.addresses[device.value]
        return 0


class Hardware:
    """Two GPUs and a clock. The second draws what the test says; CUDA counts the GPUs the other way round."""

    def __init__(self):
        self.now, self.watts, self.joules, self.readings = 100.0, 30.0, 5000.0, 0
        self.fake = None

    def pass_time(self, seconds):
        self.now += seconds
        self.joules += seconds * self.watts

    def milliwatts(self):
        self.readings += 1
        return int(1000 * self.watts)

    def work(self):
        """3 s at 130 W for 60 faces; a meter that is read by a thread sees the step."""
        self.watts, seen = 130.0, self.readings
        while self.readings and self.readings < seen + 2:
            time.sleep(0.005)
        self.pass_time(3.0)
        return 60


@pytest.fixture
def hardware(monkeypatch):
    machine = Hardware()
    mine = l4(energy=lambda: int(1000 * machine.joules), power=machine.milliwatts)
    machine.fake = fake_nvml.install(monkeypatch, l4(bus="0000:01:00.0", energy=7), mine)
    clock = SimpleNamespace(monotonic=lambda: machine.now, sleep=machine.pass_time)
    monkeypatch.setattr(energy, "time", clock)
    monkeypatch.setattr(gauges, "time", clock)
    monkeypatch.setattr(driver, "library", Libcuda)
    return machine


@pytest.mark.parametrize(
    ("changes", "method"),
    [({}, "NVML energy counter"), ({"energy": NVMLError(NEVER)}, "NVML power, sampled")],
)
def test_joules_of_a_window_and_what_they_are_above_rest(hardware, changes, method):
    hardware.fake.gpus[1].update(changes)
    found = measure(hardware.work, "cuda:0", idle_s=1.0)
    assert (found.method, found.seconds, found.faces) == (method, 3.0, 60)
    assert found.idle_watts == pytest.approx(30)
    assert found.joules == pytest.approx(390)
    assert found.watts == pytest.approx(130)
    assert found.joules_per_face == pytest.approx(6.5)
    assert found.net_joules_per_face == pytest.approx(5.0)
    assert "GPU 0" in found.scope
    assert hardware.fake.users == 0
    assert Energy.model_validate_json(found.model_dump_json()) == found


def test_the_gpu_is_found_by_its_address_and_not_by_its_number(hardware):
    with gauge_for("cuda:1") as gauge:
        gauge.start()
        assert gauge.stop() == 0
    with pytest.raises(Unavailable, match="does not tell where GPU 2 is"), gauge_for("cuda:2"):
        pass


def test_a_counter_that_stands_still_is_no_measurement(hardware):
    assert "did not move" in measure(hardware.work, "cuda:1", idle_s=1.0).why


def test_nothing_that_measures_is_a_reason_and_the_work_is_not_done(hardware):
    hardware.fake.gpus[1].update(energy=NVMLError(NEVER), power=NVMLError(NEVER))

    def work():
        pytest.fail("nobody would measure it")

    found = measure(work, "cuda:0", idle_s=1.0)
    assert (found.why, found.joules, found.watts, found.joules_per_face) == (f"NVML says {NEVER}", None, None, None)
    assert Energy.model_validate_json(found.model_dump_json()) == found


def test_work_that_fails_passes_and_stops_the_meter(hardware):
    hardware.fake.gpus[1].update(energy=NVMLError(NEVER))
    with pytest.raises(ZeroDivisionError):
        measure(lambda: 1 // 0, "cuda:0", idle_s=1.0)
    assert "edgefer-power" not in {thread.name for thread in threading.enumerate()}
    assert hardware.fake.users == 0


@pytest.fixture
def tree(tmp_path):
    """Write files below a folder, given as a mapping; returns the folder."""

    def write(files):
        for place, content in files.items():
            (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / place).write_text(f"{content}\n")
        return tmp_path

    return write


def rapl(**zones):
    """Files of RAPL zones: name and microjoules by zone."""
    files = {}
    for zone, (name, energy_uj) in zones.items():
        folder = f"sys/class/powercap/intel-rapl:{zone.removeprefix('z').replace('_', ':')}"
        files |= {f"{folder}/name": name, f"{folder}/energy_uj": energy_uj, f"{folder}/max_energy_range_uj": 60_000_000}
    return files


def test_rapl_counts_packages_and_memory_once_and_wraps(tree):
    names = {"z0": "package-0", "z1": "package-1", "z0_0": "core", "z0_1": "dram", "z2": "psys"}
    root = tree(rapl(**{zone: (name, 59_000_000) for zone, name in names.items()}))
    with gauge_for("cpu", root) as gauge:
        gauge.start()
        tree(rapl(z0=("package-0", 1_500_000), z1=("package-1", 59_500_000), z0_1=("dram", 59_250_000)))
        tree(rapl(z0_0=("core", 59_900_000), z2=("psys", 59_900_000)))
        assert gauge.stop() == pytest.approx(2.5 + 0.5 + 0.25)
        assert gauge.method == "RAPL"


def test_rapl_that_is_for_root_only_says_so(tree, monkeypatch):
    root = tree(rapl(z0=("package-0", 1)))
    read = Path.read_text

    def refuse(path, *args, **how):
        if path.name == "energy_uj":
            raise PermissionError
        return read(path, *args, **how)

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(Unavailable, match="for root: sudo"), gauge_for("cpu", root):
        pass


def test_a_machine_without_counters_says_so(tmp_path):
    with pytest.raises(Unavailable, match="no energy counters"), gauge_for("cpu", tmp_path):
        pass


JETSON = {"proc/device-tree/compatible": "nvidia,p3767\0nvidia,tegra234"}


def monitor(number, chip, *rails):
    """Files of a power monitor: label, millivolts, milliamperes by channel."""
    files = {f"sys/class/hwmon/hwmon{number}/name": chip}
    for channel, (label, volts, amperes) in enumerate(rails, 1):
        folder = f"sys/class/hwmon/hwmon{number}"
        files |= {
            f"{folder}/in{channel}_label": label,
            f"{folder}/in{channel}_input": volts,
            f"{folder}/curr{channel}_input": amperes,
        }
    return files


ORIN_NANO = monitor(1, "ina3221", ("VDD_IN", 5000, 1000), ("VDD_CPU_GPU_CV", 5000, 400), ("VDD_SOC", 5000, 200))
AGX_ORIN = {
    **monitor(3, "ina3221", ("VDD_GPU_SOC", 20000, 100), ("VDD_CPU_CV", 20000, 50), ("NC", 20000, 900)),
    **monitor(4, "ina3221", ("VDDQ_VDD2_1V8AO", 5000, 100)),
}
THOR = {
    **monitor(1, "ina3221", ("VDD_GPU", 12000, 500)),
    "sys/class/hwmon/hwmon2/name": "ina238",
    "sys/class/hwmon/hwmon2/power1_input": 25_000_000,
}


@pytest.mark.parametrize("device", ["cpu", "cuda:0"])
@pytest.mark.parametrize(
    ("board", "watts", "scope"),
    [
        (ORIN_NANO, 5.0, "the whole module, rail VDD_IN"),
        (AGX_ORIN, 3.5, "rails VDDQ_VDD2_1V8AO, VDD_CPU_CV, VDD_GPU_SOC"),
        (THOR, 25.0, "the whole module, rail VIN"),
    ],
)
def test_a_jetson_is_measured_at_its_input_or_at_all_its_rails(tree, device, board, watts, scope):
    root = tree({**JETSON, **board, "sys/class/hwmon/hwmon0/name": "pwmfan"})
    with gauge_for(device, root) as gauge:
        assert isinstance(gauge, PowerGauge)
        outer = time.monotonic()
        gauge.start()
        begin = time.monotonic()
        time.sleep(0.02)
        inner = time.monotonic() - begin
        joules = gauge.stop()
        assert 0.999 * watts * inner <= joules <= 1.001 * watts * (time.monotonic() - outer)
        assert gauge.scope == scope


def test_such_a_chip_on_another_board_is_not_a_whole_module(tree):
    with pytest.raises(Unavailable, match="RAPL"), gauge_for("cpu", tree(ORIN_NANO)):
        pass


def test_a_rail_that_vanishes_ends_the_measurement_with_a_reason(tree, monkeypatch):
    root = tree({**JETSON, **ORIN_NANO})
    monkeypatch.setattr(energy, "gauge_for", lambda device: energy_sources.gauge_for(device, root))

    def work():
        (root / "sys/class/hwmon/hwmon1/curr1_input").unlink()
        time.sleep(0.12)
        return 5

    assert "cannot be read" in measure(work, "cuda:0", idle_s=0.01).why


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"why": "x", "joules": 1.0, "seconds": 1.0, "faces": 1, "method": "m"},
        {"joules": 1.0, "method": "m"},
        {"joules": 1.0, "seconds": 1.0, "faces": 1},
    ],
)
def test_energy_is_whole_or_absent_with_a_reason(fields):
    with pytest.raises(ValueError, match="or a reason"):
        Energy(**fields)


def test_without_a_reading_at_rest_there_is_no_net_figure():
    found = Energy(joules=6.0, seconds=2.0, faces=3, method="m")
    assert (found.watts, found.joules_per_face, found.net_joules_per_face) == (3.0, 2.0, None)
