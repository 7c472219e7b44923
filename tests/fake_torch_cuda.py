"""The part of torch.cuda that sessions call, on a machine without a GPU: tensors stay on the CPU.

Only names that the real torch.cuda has can be put in place. What is captured is kept and done again at each replay, into the same memory.
"""

from __future__ import annotations

import contextlib

import torch

from edgefer.runtime.torch import TorchSession


class Gpu:
    """calls: what was asked. now: the GPU's clock, milliseconds, which each answer moves on by 10 and each event by 1."""

    def __init__(self, monkeypatch, capability=(9, 0)):
        self.calls, self.now, self.capturing = [], 0.0, None
        gpu = self

        class Event:
            def __init__(self, enable_timing=False):
                assert enable_timing, "events that keep no time cannot be subtracted"
                self.at, self.over = None, False

            def record(self):
                gpu.now += 1
                self.at = gpu.now

            def synchronize(self):
                gpu.calls.append("wait")

            def elapsed_time(self, end):
                assert gpu.calls[-1] == "wait", "not over yet"
                return end.at - self.at

        class Stream:
            def __init__(self, device=None):
                self.device = device

            def wait_stream(self, stream):
                assert isinstance(stream, Stream)
                gpu.calls.append("order")

        class CUDAGraph:
            work = None

            def replay(self):
                gpu.calls.append("replay")
                self.work()

        here = Stream()

        @contextlib.contextmanager
        def stream(stream):
            assert isinstance(stream, Stream)
            gpu.calls.append("side")
            yield

        @contextlib.contextmanager
        def graph(cuda_graph):
            assert isinstance(cuda_graph, CUDAGraph)
            assert gpu.calls.count("answer") >= 1, "the first calls cannot be captured"
            gpu.calls.append("capture")
            gpu.capturing = cuda_graph
            yield
            gpu.capturing = None

        for name, fake in {
            "Event": Event,
            "Stream": Stream,
            "CUDAGraph": CUDAGraph,
            "stream": stream,
            "graph": graph,
            "current_stream": lambda device=None: here,
            "get_device_capability": lambda device=None: capability,
            "synchronize": lambda device=None: gpu.calls.append("synchronise"),
        }.items():
            monkeypatch.setattr(torch.cuda, name, fake)

    def network(self, body):
        """`body` as a network on this GPU."""
        gpu = self

        class Body(torch.nn.Module):
            def __init__(self):
                super().__init__()
                self.body = body

            def forward(self, values):
                gpu.calls.append("answer")
                gpu.now += 10
                answer = self.body(values)
                if gpu.capturing is not None:
                    gpu.capturing.work = lambda: answer.copy_(self.body(values))
                return answer

        return Body()

    def session(self, body, card, cuda_graph=False):
        """A session whose tensors stay on the CPU, though it takes them to be on a GPU."""
        session = TorchSession(self.network(body), card, device="cpu")
        session.device, session.cuda_graph = torch.device("cuda"), cuda_graph
        session._upload = torch.from_numpy
        return session
