"""Latency and memory of models, each in a process of its own. Called, `edgefer.benchmark(...)` is `edgefer.benchmark.api.benchmark`."""

from edgefer.front import callable_room

callable_room(__name__)
