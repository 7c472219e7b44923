"""What on this machine measures the energy of a device: NVML, a Jetson's power rails, or the processor's own counters."""

from __future__ import annotations

import contextlib
import ctypes
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from edgefer.benchmark.gauges import Counter, CounterGauge, Gauge, PowerGauge
from edgefer.benchmark.jetson import is_jetson
from edgefer.benchmark.nvml import Nvml, Unavailable
from edgefer.benchmark.sysfs import number, text
from edgefer.trt import driver

# The rail that feeds all others, on the boards that have one; elsewhere the rails are summed.
_INPUT_RAILS = ("VIN", "POM_5V_IN", "VDD_IN")


@contextlib.contextmanager
def gauge_for(device: str, root: Path = Path("/")) -> Iterator[Gauge]:
    """What measures `cpu` or `cuda:N`, best first; raises Unavailable with all reasons when nothing does.

    root: where /sys is.
    """
    sources: list[Callable[[], contextlib.AbstractContextManager[Gauge]]] = []
    if is_jetson(root):
        sources.append(partial(rails, root))
    sources.append(partial(processor, root) if device == "cpu" else partial(gpu, int(device.partition(":")[2] or 0)))
    reasons = []
    with contextlib.ExitStack() as stack:
        for source in sources:
            try:
                gauge = stack.enter_context(source())
                break
            except Unavailable as why:
                reasons.append(str(why))
        else:
            raise Unavailable("; ".join(dict.fromkeys(reasons)))
        yield gauge


@contextlib.contextmanager
def gpu(index: int) -> Iterator[Gauge]:
    """NVML's energy counter (Volta and newer), else its power meter; `index` as CUDA counts, which may not be NVML's."""
    with Nvml() as nvml:
        handle = nvml.ask("nvmlDeviceGetHandleByPciBusId", _bus(index))

        def joules() -> float:
            return int(nvml.ask("nvmlDeviceGetTotalEnergyConsumption", handle)) / 1e3

        def watts() -> float:
            return int(nvml.ask("nvmlDeviceGetPowerUsage", handle)) / 1e3

        scope = f"the board of GPU {index}, memory included"
        try:
            joules()
        except Unavailable:
            watts()
            yield PowerGauge("NVML power, sampled", scope, watts)
        else:
            yield CounterGauge("NVML energy counter", scope, [Counter(joules)])


@contextlib.contextmanager
def rails(root: Path = Path("/")) -> Iterator[Gauge]:
    """A Jetson's power monitors (INA3221, and INA238 on Thor): the input rail, else the sum of all."""
    found = _rails(root)
    if not found:
        raise Unavailable("this Jetson shows no power rails")
    total = next((name for name in _INPUT_RAILS if name in found), None)
    names = [total] if total else sorted(found)

    def watts() -> float:
        return sum(found[name]() for name in names)

    watts()
    scope = f"the whole module, rail {total}" if total else f"rails {', '.join(names)}"
    yield PowerGauge("INA3221 power rails, sampled" if total != "VIN" else "INA238 power rail, sampled", scope, watts)


@contextlib.contextmanager
def processor(root: Path = Path("/")) -> Iterator[Gauge]:
    """RAPL: every CPU package, and the memory where that is counted apart."""
    zones = sorted((root / "sys/class/powercap").glob("intel-rapl:*"))
    if not zones:
        raise Unavailable("the processor shows no energy counters (RAPL)")
    counters = []
    # `core` and `uncore` are parts of a package, and `psys` holds all of them.
    for zone in (zone for zone in zones if text(zone / "name").startswith(("package", "dram"))):
        wraps_at = number(zone / "max_energy_range_uj")
        _microjoules(zone)
        counters.append(Counter(partial(_microjoules, zone), wraps_at / 1e6 if wraps_at else None))
    if not counters:
        raise Unavailable("the processor's energy counters (RAPL) name no package")
    yield CounterGauge("RAPL", "all CPU packages and their memory, whatever runs on them", counters)


def _bus(index: int) -> str:
    """The PCI address of a visible GPU, since CUDA may count GPUs in another order than NVML, or not see all."""
    library = driver.library()
    if library is None:
        raise Unavailable("no NVIDIA driver is installed")
    device, address = ctypes.c_int(), ctypes.create_string_buffer(32)
    if (
        library.cuInit(0)
        or library.cuDeviceGet(ctypes.byref(device), index)
        or library.cuDeviceGetPCIBusId(address, len(address), device)
    ):
        raise Unavailable(f"the driver does not tell where GPU {index} is")
    return address.value.decode()


def _microjoules(zone: Path) -> float:
    try:
        return int((zone / "energy_uj").read_text()) / 1e6
    except PermissionError as error:
        raise Unavailable("the processor's energy counters (RAPL) are for root: sudo edgefer benchmark") from error
    except (OSError, ValueError) as error:
        raise Unavailable(f"{zone.name} of RAPL cannot be read") from error


def _rails(root: Path) -> dict[str, Callable[[], float]]:
    """What reads the watts of each rail, by its name."""
    found: dict[str, Callable[[], float]] = {}
    for monitor in sorted((root / "sys/class/hwmon").glob("hwmon*")):
        chip = text(monitor / "name")
        if chip == "ina238":
            # The carrier board's own meter on Thor: microwatts, of everything.
            found["VIN"] = partial(_watts, monitor / "power1_input", None)
        elif chip == "ina3221":
            for channel in (1, 2, 3):
                label = text(monitor / f"in{channel}_label")
                # `NC`: not connected.
                if label and "NC" not in label:
                    volts, amperes = monitor / f"in{channel}_input", monitor / f"curr{channel}_input"
                    found[label] = partial(_watts, volts, amperes)
    return found


def _watts(first: Path, second: Path | None) -> float:
    """Microwatts of one file, or millivolts of one times milliamperes of another."""
    values: list[Any] = [number(path) for path in (first, second) if path is not None]
    if None in values:
        raise Unavailable(f"the power rail in {first.parent} cannot be read")
    return float(values[0]) / 1e6 if second is None else float(values[0] * values[1]) / 1e6
