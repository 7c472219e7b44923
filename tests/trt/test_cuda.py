from __future__ import annotations

import sys

import numpy as np
import pytest

from edgefer.errors import BackendError
from edgefer.trt import driver
from edgefer.trt.cuda import Cuda
from tests import fake_gpu


def test_values_travel_up_and_back_and_everything_is_freed(monkeypatch):
    _, runtime = fake_gpu.install(monkeypatch)
    cuda = Cuda()
    stream = cuda.stream()
    buffer = cuda.buffer(6, stream)
    buffer.host[:] = np.arange(6)
    buffer.upload(4)
    buffer.host[:] = 0
    buffer.download(3)
    assert buffer.host.tolist() == [0, 1, 2, 0, 0, 0]
    assert buffer.host.dtype == np.float32
    cuda.close()
    assert not runtime.host
    assert not runtime.device
    assert not runtime.streams
    cuda.close()


def test_a_cuda_error_is_one_line_and_leaks_nothing(monkeypatch):
    _, runtime = fake_gpu.install(monkeypatch, room=100)
    cuda = Cuda()
    with pytest.raises(BackendError, match="CUDA reports cudaErrorMemoryAllocation in cudaMalloc"):
        cuda.buffer(26, cuda.stream())
    cuda.close()
    assert not runtime.host


def test_missing_bindings_name_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "cuda.bindings", None)
    with pytest.raises(BackendError, match="pip install cuda-bindings"):
        Cuda()


@pytest.mark.gpu
def test_values_travel_through_this_machines_gpu():
    pytest.importorskip("cuda.bindings")
    if not driver.probe().present:
        pytest.skip(driver.probe().problem)
    cuda = Cuda()
    buffer = cuda.buffer(1000, cuda.stream())
    buffer.host[:] = np.arange(1000)
    buffer.upload(1000)
    buffer.host[:] = 0
    buffer.download(1000)
    cuda.call("cudaDeviceSynchronize")
    np.testing.assert_array_equal(buffer.host, np.arange(1000))
    cuda.close()
