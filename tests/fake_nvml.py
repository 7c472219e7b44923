"""NVML of straw: the functions of nvidia-ml-py that edgefer calls, with its parameters; any other name is an error.

`test_nvml.py` holds it to the real package where that is installed.
"""

from __future__ import annotations

import sys
from types import ModuleType, SimpleNamespace

from edgefer.benchmark import nvml


class NVMLError(Exception):
    """Raised by every function of the real one."""


class FakeNvml(ModuleType):
    """One GPU a dictionary. What is left out of one raises, as a GPU does that lacks it.

    name, uuid, bus, clocks {type: MHz}, max_clocks, temperature, power (mW), limit (mW), energy (mJ; a callable is
    called), memory (bytes in use), reasons (bits),
    lowered {policy: nanoseconds}, persistence, processes [(pid, bytes or None)].
    """

    NVMLError = NVMLError
    NVML_CLOCK_SM = 1
    NVML_CLOCK_MEM = 2
    NVML_TEMPERATURE_GPU = 0
    NVML_PERF_POLICY_POWER = 0
    NVML_PERF_POLICY_THERMAL = 1

    def __init__(self, *gpus, init_error="", without=()):
        super().__init__("pynvml")
        self.gpus, self.init_error, self.users = gpus, init_error, 0
        self._without = without

    def __getattribute__(self, name):
        if name.startswith("nvml") and name in object.__getattribute__(self, "_without"):
            raise AttributeError(name)
        return super().__getattribute__(name)

    def _get(self, handle, key):
        assert self.users > 0, "called before nvmlInit or after nvmlShutdown"
        if key not in handle:
            raise NVMLError("Not Supported")
        value = handle[key]
        if isinstance(value, Exception):
            raise value
        return value() if callable(value) else value

    def nvmlInit(self):
        if self.init_error:
            raise NVMLError(self.init_error)
        self.users += 1

    def nvmlShutdown(self):
        assert self.users > 0
        self.users -= 1

    def nvmlDeviceGetCount(self):
        assert self.users > 0
        return len(self.gpus)

    def nvmlDeviceGetHandleByIndex(self, index):
        gpu = self.gpus[index]
        if gpu is None:
            raise NVMLError("GPU is lost")
        return gpu

    def nvmlDeviceGetHandleByPciBusId(self, pciBusId):  # noqa: N803 - NVML's name
        found = [gpu for gpu in self.gpus if gpu and gpu.get("bus") == pciBusId]
        if not found:
            raise NVMLError("Not Found")
        return found[0]

    def nvmlDeviceGetName(self, handle):
        return self._get(handle, "name")

    def nvmlDeviceGetUUID(self, handle):
        return self._get(handle, "uuid")

    def nvmlDeviceGetClockInfo(self, handle, type):  # noqa: A002 - NVML's name
        return self._get(handle, "clocks")[type]

    def nvmlDeviceGetMaxClockInfo(self, handle, type):  # noqa: A002 - NVML's name
        return self._get(handle, "max_clocks")[type]

    def nvmlDeviceGetTemperature(self, handle, sensor):
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._get(handle, "temperature")

    def nvmlDeviceGetTemperatureV(self, handle, sensor, version=0x1000010):
        assert sensor == self.NVML_TEMPERATURE_GPU
        return self._get(handle, "temperature")

    def nvmlDeviceGetPowerUsage(self, handle):
        return self._get(handle, "power")

    def nvmlDeviceGetEnforcedPowerLimit(self, handle):
        return self._get(handle, "limit")

    def nvmlDeviceGetTotalEnergyConsumption(self, handle):
        return self._get(handle, "energy")

    def nvmlDeviceGetMemoryInfo(self, handle, version=None):
        return SimpleNamespace(used=self._get(handle, "memory"))

    def nvmlDeviceGetCurrentClocksEventReasons(self, handle):
        return self._get(handle, "reasons")

    def nvmlDeviceGetCurrentClocksThrottleReasons(self, handle):
        return self._get(handle, "reasons")

    def nvmlDeviceGetViolationStatus(self, device, perfPolicyType):  # noqa: N803 - NVML's name
        return SimpleNamespace(referenceTime=1, violationTime=self._get(device, "lowered")[perfPolicyType])

    def nvmlDeviceGetPersistenceMode(self, handle):
        return self._get(handle, "persistence")

    def nvmlDeviceGetComputeRunningProcesses(self, handle):
        return [SimpleNamespace(pid=pid, usedGpuMemory=size) for pid, size in self._get(handle, "processes")]


def l4(**changes):
    """A GPU that answers everything."""
    return {
        "name": "NVIDIA L4",
        "uuid": "GPU-4",
        "bus": "0000:3B:00.0",
        "clocks": {1: 1200, 2: 6250},
        "max_clocks": {1: 2040, 2: 6251},
        "temperature": 61,
        "power": 45_500,
        "limit": 72_000,
        "energy": 1_000_000,
        "memory": 512 << 20,
        "reasons": 0,
        "lowered": {0: 0, 1: 0},
        "persistence": 1,
        "processes": [],
        **changes,
    }


def install(monkeypatch, *gpus, **how):
    """Put a fake in place of nvidia-ml-py, on a machine that has a GPU's device file; returns it."""
    fake = FakeNvml(*gpus, **how)
    monkeypatch.setattr(nvml, "has_device", lambda: True)
    monkeypatch.setitem(sys.modules, "pynvml", fake)
    return fake
