from __future__ import annotations

import pytest

from edgefer.trt import driver
from edgefer.trt.waiting import spins, wait_spinning


class Libcuda:
    """libcuda's flags of a primary context; out parameters come as ctypes.byref objects."""

    def __init__(self, flags=0, init=0):
        self.flags, self.init = flags, init

    def cuInit(self, flags):
        assert flags == 0
        return self.init

    def cuDeviceGet(self, out, index):
        assert index == 0
        out._obj.value = 0
        return 0

    def cuDevicePrimaryCtxSetFlags_v2(self, device, flags):
        assert device.value == 0
        self.flags = flags.value
        return 0

    def cuDevicePrimaryCtxGetState(self, device, flags, active):
        assert device.value == 0
        flags._obj.value, active._obj.value = self.flags, 1
        return 0


@pytest.mark.parametrize("spin", [True, False])
def test_what_is_set_is_told(monkeypatch, spin):
    library = Libcuda()
    monkeypatch.setattr(driver, "library", lambda: library)
    assert spins() is None
    assert wait_spinning(spin)
    # CU_CTX_SCHED_SPIN and CU_CTX_SCHED_BLOCKING_SYNC of cuda.h
    assert library.flags == (1 if spin else 4)
    assert spins() is spin


def test_other_flags_and_the_drivers_own_choice_are_told_apart(monkeypatch):
    for flags, expected in ((0x18, None), (0x19, True), (0x0C, False), (0x02, None)):
        monkeypatch.setattr(driver, "library", lambda flags=flags: Libcuda(flags))
        assert spins() is expected


@pytest.mark.parametrize("library", [None, Libcuda(init=100)])
def test_without_a_gpu_nothing_is_set(monkeypatch, library):
    monkeypatch.setattr(driver, "library", lambda: library)
    assert not wait_spinning()
    assert spins() is None
