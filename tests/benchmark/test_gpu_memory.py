from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest

from edgefer.benchmark import device_memory, gpu_memory, memory, nvml
from edgefer.benchmark.gpu_memory import has_context
from edgefer.benchmark.memory_methods import METHODS
from tests import fake_nvml
from tests.fake_nvml import NVMLError, l4

OWN, OTHER = os.getpid(), os.getpid() + 1
INITIALISED, NOT_INITIALISED, NO_DEVICE = 0, 3, 100


class Libcuda:
    """The driver's functions that gpu_memory and device_memory call; contexts by device."""

    def __init__(self, contexts=(False,), initialised=True, free=10 << 30, total=24 << 30):
        self.contexts, self.initialised, self.free, self.total = list(contexts), initialised, free, total
        self.current = None

    def cuInit(self, flags):
        assert flags == 0
        self.initialised = True
        return INITIALISED if self.contexts else NO_DEVICE

    def cuDeviceGetCount(self, count):
        count._obj.value = len(self.contexts)
        return INITIALISED if self.initialised else NOT_INITIALISED

    def cuDeviceGet(self, device, index):
        device._obj.value = index
        return INITIALISED if self.initialised else NOT_INITIALISED

    def cuDevicePrimaryCtxGetState(self, device, flags, active):
        assert isinstance(flags._obj, ctypes.c_uint)
        active._obj.value = self.contexts[device.value]
        return INITIALISED

    def cuDevicePrimaryCtxRetain(self, context, device):
        assert self.initialised
        self.contexts[device.value] = True
        context._obj.value = 77
        return INITIALISED

    def cuCtxSetCurrent(self, context):
        assert context.value == 77
        self.current = context.value
        return INITIALISED

    def cuMemGetInfo_v2(self, free, total):
        if self.current is None:
            return 201
        assert isinstance(free._obj, ctypes.c_size_t)
        free._obj.value, total._obj.value = self.free, self.total
        return INITIALISED


@pytest.fixture
def context(monkeypatch):
    """Say whether this process has a CUDA context; the GPU as a whole is not asked."""
    here = SimpleNamespace(here=False)
    monkeypatch.setattr(gpu_memory, "_context_here", lambda: here.here)
    monkeypatch.setattr(device_memory, "read", lambda: None)
    return here


def test_this_process_is_summed_over_gpus(monkeypatch, context):
    context.here = True
    fake_nvml.install(monkeypatch, l4(processes=[(OWN, 300), (OTHER, 50)]), l4(processes=[(OWN, 7)]))
    assert memory.read()["GPU"] == 307


def test_before_the_model_is_open_a_process_has_none_of_the_gpu(monkeypatch, context):
    fake = fake_nvml.install(monkeypatch, l4(processes=[(OTHER, 50)]))
    idle = gpu_memory.read()
    fake.gpus[0]["processes"].append((OWN, 700))
    context.here = True
    assert (idle["GPU"], gpu_memory.read()["GPU"]) == (0, 700)


@pytest.mark.parametrize("processes", [[(OWN, None)], [(OTHER, 50)], NVMLError("Not Supported")])
def test_a_gpu_that_does_not_show_this_process_gives_no_reading_rather_than_0(monkeypatch, context, processes):
    """Under WSL sizes are None; in a container with a PID namespace of its own the pids are others."""
    context.here = True
    fake_nvml.install(monkeypatch, l4(processes=processes))
    assert gpu_memory.read() == {}


def test_contexts_are_seen_and_not_made():
    assert has_context(Libcuda([False, True]))
    nothing = Libcuda([False, False])
    assert not has_context(nothing)
    assert nothing.contexts == [False, False]
    assert not has_context(Libcuda([True], initialised=False))


def test_a_driver_that_this_process_has_not_loaded_holds_no_context_and_stays_unloaded():
    maps = Path("/proc/self/maps")
    if "libcuda.so" in maps.read_text():
        pytest.skip("this process has loaded the driver already")
    assert not gpu_memory._context_here()
    assert "libcuda.so" not in maps.read_text()


def test_memory_in_use_on_the_device():
    assert device_memory.used(Libcuda(free=3 << 30, total=8 << 30)) == 5 << 30
    with pytest.raises(OSError, match="cuInit says 100"):
        device_memory.used(Libcuda([]))


def test_the_device_is_asked_by_another_process(monkeypatch):
    """A real one: without a driver it fails, and there is no reading."""
    try:
        ctypes.CDLL(device_memory._LIBRARY)
    except OSError:
        assert device_memory.read() is None
    else:
        assert device_memory.read() > 0


FAKE_LIBRARY = """
class Library:
    def __getattr__(self, function):
        def call(*arguments):
            if function == "cuMemGetInfo_v2":
                arguments[0]._obj.value, arguments[1]._obj.value = 1 << 30, 3 << 30
            return 0
        return call

ctypes.CDLL = lambda name: Library()
if __name__ == """


def test_the_script_prints_what_is_in_use_and_needs_no_package(tmp_path, monkeypatch):
    """The real script as it is run, before whose last lines the library is put."""
    start, _, end = Path(device_memory.__file__).read_text().rpartition("if __name__ ==")
    script = tmp_path / "device_memory.py"
    script.write_text(start + FAKE_LIBRARY.strip() + end)
    monkeypatch.setattr(device_memory, "__file__", str(script))
    assert device_memory.read() == 2 << 30


def test_the_device_is_a_method_only_where_a_gpu_is(monkeypatch):
    monkeypatch.setattr(device_memory, "read", lambda: 5 << 30)
    monkeypatch.setattr(nvml, "has_device", lambda: False)
    assert gpu_memory.read() == {}
    fake_nvml.install(monkeypatch, l4(processes=[]))
    assert gpu_memory.read() == {"GPU": 0, "GPU device": 5 << 30}


class Jtop(ModuleType):
    """jetson-stats: its one table of processes, read at the service's own pace."""

    def __init__(self, *tables, broken=None):
        super().__init__("jtop")
        tables = iter(tables)

        class Client:
            def __enter__(self):
                if broken:
                    raise broken
                self._table = next(tables)
                return self

            def __exit__(self, *error):
                return False

            def ok(self, spin=False):
                self._table = next(tables)
                return True

            @property
            def processes(self):
                return self._table

        self.jtop = Client


def process(pid, kilobytes):
    return [pid, "user", "I", "Graphic", 20, "S", 10.0, 150_000, kilobytes, "python3"]


def test_jtop_is_asked_for_a_fresh_table(monkeypatch, context):
    """Its first one may have been read before the model was open."""
    context.here = True
    monkeypatch.setattr(nvml, "has_device", lambda: True)
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(gpu_memory, "is_jetson", lambda: True)
    stale, fresh = [process(OWN, 1)], [process(OTHER, 9), process(OWN, 250_000)]
    monkeypatch.setitem(sys.modules, "jtop", Jtop(stale, fresh))
    assert gpu_memory.read() == {"jtop GPU": 250_000 * 1024}


def test_a_jtop_service_that_is_off_gives_no_reading(monkeypatch, context):
    fake_nvml.install(monkeypatch, init_error="Not Supported")
    monkeypatch.setattr(gpu_memory, "is_jetson", lambda: True)
    monkeypatch.setitem(sys.modules, "jtop", Jtop(broken=Exception("The jtop.service is not active")))
    assert gpu_memory.read() == {}


def test_jtop_on_another_machine_is_left_alone(monkeypatch, context):
    """Importing it there starts threads that fail."""
    fake_nvml.install(monkeypatch, init_error="Not Supported")
    monkeypatch.setitem(sys.modules, "jtop", Jtop([process(OWN, 1)], [process(OWN, 1)]))
    assert gpu_memory.read() == {}


class Torch(ModuleType):
    """torch with CUDA; asking an allocator that is not there would start it."""

    def __init__(self, begun, cuda="13.0"):
        super().__init__("torch")
        self.version = SimpleNamespace(cuda=cuda)
        self.cuda = SimpleNamespace(
            is_initialized=lambda: begun,
            max_memory_allocated=lambda: self._begun(begun, 11),
            max_memory_reserved=lambda: self._begun(begun, 22),
            reset_peak_memory_stats=lambda: self._begun(begun, self.resets.append(1)),
        )
        self.resets = []

    @staticmethod
    def _begun(begun, answer):
        assert begun
        return answer


@pytest.mark.parametrize(
    ("torch", "expected"),
    [
        (Torch(True), {"torch allocated": 11, "torch reserved": 22}),
        (Torch(False), {"torch allocated": 0, "torch reserved": 0}),
        (Torch(False, cuda=None), {}),
    ],
)
def test_torch_tells_its_own_peaks(monkeypatch, context, torch, expected):
    fake_nvml.install(monkeypatch, init_error="Not Supported")
    monkeypatch.setitem(sys.modules, "torch", torch)
    assert gpu_memory.read() == expected
    assert set(expected) <= set(METHODS)


@pytest.mark.parametrize("begun", [True, False])
def test_settling_starts_torchs_peak_anew_but_not_torch(monkeypatch, begun):
    torch = Torch(begun)
    monkeypatch.setitem(sys.modules, "torch", torch)
    memory.settle()
    assert len(torch.resets) == begun
