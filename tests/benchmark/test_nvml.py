from __future__ import annotations

import inspect
import sys

import pytest

from edgefer.benchmark import nvml
from edgefer.benchmark.nvml import Nvml, Unavailable, has_device
from tests import fake_nvml
from tests.fake_nvml import FakeNvml, NVMLError, l4

# Not in nvidia-ml-py 12.535; an older name is tried beside each.
NEWER = {"nvmlDeviceGetTemperatureV", "nvmlDeviceGetCurrentClocksEventReasons"}


def test_the_fake_has_nothing_that_the_real_one_lacks():
    real = pytest.importorskip("pynvml")
    for name, method in vars(FakeNvml).items():
        if name in NEWER and not hasattr(real, name):
            continue
        if name.startswith("nvml"):
            expected = list(inspect.signature(getattr(real, name)).parameters)
            assert list(inspect.signature(method).parameters)[1:] == expected, name
        elif name.startswith("NVML_"):
            assert getattr(real, name) == method
    assert issubclass(real.NVMLError, Exception)


def test_every_user_is_counted_out_again(monkeypatch):
    fake = fake_nvml.install(monkeypatch, l4())
    with Nvml() as outer, Nvml() as inner:
        assert fake.users == 2
        assert inner.ask("nvmlDeviceGetName", outer.handles()[0]) == "NVIDIA L4"
    assert fake.users == 0


@pytest.mark.parametrize(
    ("changes", "how", "reason"),
    [
        ({"power": NVMLError("Insufficient Permissions\nmore")}, {}, "NVML says Insufficient Permissions"),
        ({"power": UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad byte")}, {}, "NVML says .*bad byte"),
        ({"power": OSError()}, {}, "NVML says OSError"),
        ({}, {"without": ("nvmlDeviceGetPowerUsage",)}, "this nvidia-ml-py has no nvmlDeviceGetPowerUsage"),
    ],
)
def test_whatever_goes_wrong_is_one_reason(monkeypatch, changes, how, reason):
    fake_nvml.install(monkeypatch, l4(**changes), **how)
    with Nvml() as library, pytest.raises(Unavailable, match=f"^{reason}$"):
        library.ask("nvmlDeviceGetPowerUsage", library.handles()[0])


def test_a_driver_that_does_not_start_is_told(monkeypatch):
    fake_nvml.install(monkeypatch, init_error="Driver Not Loaded")
    with pytest.raises(Unavailable, match=r"^NVML says Driver Not Loaded$"):
        Nvml()


@pytest.mark.parametrize(
    ("device", "reason"), [(True, "pip install nvidia-ml-py"), (False, "no NVIDIA driver is installed")]
)
def test_the_package_is_asked_for_only_where_it_would_help(monkeypatch, device, reason):
    monkeypatch.setitem(sys.modules, "pynvml", None)
    monkeypatch.setattr(nvml, "has_device", lambda: device)
    with pytest.raises(Unavailable, match=reason):
        Nvml()


def test_without_a_device_the_package_does_not_matter(monkeypatch):
    fake_nvml.install(monkeypatch, init_error="NVML Shared Library Not Found")
    monkeypatch.setattr(nvml, "has_device", lambda: False)
    with pytest.raises(Unavailable, match=r"^no NVIDIA driver is installed$"):
        Nvml()


def test_a_device_file_is_a_gpu(tmp_path):
    assert not has_device(tmp_path)
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvmap").touch()
    assert has_device(tmp_path)
