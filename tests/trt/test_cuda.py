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


def test_events_are_subtracted_when_they_are_over(monkeypatch):
    _, runtime = fake_gpu.install(monkeypatch)
    cuda = Cuda()
    stream = cuda.stream()
    first, second = cuda.event(), cuda.event()
    with pytest.raises(BackendError, match="cudaErrorInvalidResourceHandle in cudaEventElapsedTime"):
        cuda.milliseconds(first, second)
    cuda.record(first, stream)
    cuda.buffer(3, stream).upload(3)
    cuda.record(second, stream)
    with pytest.raises(BackendError, match="cudaErrorNotReady"):
        cuda.milliseconds(first, second)
    cuda.call("cudaEventSynchronize", second)
    assert cuda.milliseconds(first, second) == 1.0
    cuda.close()
    assert not runtime.events


def test_a_graph_is_run_when_it_is_launched_and_not_before(monkeypatch):
    _, runtime = fake_gpu.install(monkeypatch)
    cuda = Cuda()
    stream = cuda.stream()
    buffer = cuda.buffer(2, stream)
    buffer.host[:] = 5
    graph = cuda.capture(lambda: buffer.upload(2), stream)
    buffer.host[:] = 7
    cuda.launch(graph, stream)
    buffer.host[:] = 0
    buffer.download(2)
    assert buffer.host.tolist() == [7, 7]
    assert not runtime.graphs
    cuda.forget(graph)
    assert not runtime.ready
    other = cuda.capture(lambda: None, stream)
    assert other in runtime.ready
    cuda.close()
    assert not runtime.ready


def test_work_that_cannot_be_captured_is_one_line(monkeypatch):
    _, runtime = fake_gpu.install(monkeypatch)
    cuda = Cuda()
    stream = cuda.stream()
    with pytest.raises(BackendError, match="cudaErrorStreamCaptureUnsupported in cudaStreamSynchronize"):
        cuda.capture(lambda: cuda.call("cudaStreamSynchronize", stream), stream)
    assert runtime.capturing is None
    cuda.close()


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


@pytest.mark.gpu
def test_this_machines_gpu_replays_a_graph_and_times_it():
    pytest.importorskip("cuda.bindings")
    if not driver.probe().present:
        pytest.skip(driver.probe().problem)
    cuda = Cuda()
    stream = cuda.stream()
    buffer, begin, end = cuda.buffer(1000, stream), cuda.event(), cuda.event()
    graph = cuda.capture(lambda: buffer.upload(1000), stream)
    buffer.host[:] = 3
    cuda.record(begin, stream)
    cuda.launch(graph, stream)
    cuda.record(end, stream)
    cuda.call("cudaEventSynchronize", end)
    assert 0 < cuda.milliseconds(begin, end) < 1000
    buffer.host[:] = 0
    buffer.download(1000)
    cuda.call("cudaStreamSynchronize", stream)
    assert (buffer.host == 3).all()
    cuda.forget(graph)
    cuda.close()
