"""A made-up benchmark result: every kind of row, figures that are easy to find again."""

from __future__ import annotations

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.energy import Energy
from edgefer.benchmark.environment import Environment
from edgefer.benchmark.figures import (
    Cell,
    Histogram,
    Latency,
    Parts,
    Setup,
    Sizes,
    Speedup,
    Spread,
    Start,
    Verdict,
    VerdictKind,
)
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.card import Measurement
from tests import tiny_net

MACHINE = Environment(
    date="2026-11-21T10:00:00+00:00",
    cpu="Test CPU <1>",
    cores=2,
    cores_of_machine=4,
    memory_bytes=8_000_000_000,
    governor="performance",
    kernel="Linux 6 x86_64",
    python="3.11",
    libraries={"onnxruntime": "1.31"},
    gpu="none: no NVIDIA driver is installed",
    load=(0.1, 1.0),
    other_work=0.0,
)


def latency(median, variation=0.01, p99=True):
    return Latency(
        samples=500 if p99 else 50,
        min_ms=0.9 * median,
        median_ms=median,
        mean_ms=median,
        p90_ms=1.1 * median,
        p95_ms=1.2 * median,
        p99_ms=1.5 * median if p99 else None,
        max_ms=2 * median,
        rounds_ms=(median, median),
        variation=variation,
    )


def row(model, runtime, median, role=Role.STUDENT, accuracy=None, backend="onnxruntime cpu", over=(), **changes):
    measured = ()
    if accuracy is not None:
        measured = (
            Measurement(
                dataset="demo",
                split="PublicTest",
                faces=700,
                backend=backend,
                accuracy=accuracy,
                balanced_accuracy=accuracy,
                macro_f1=accuracy,
                recall={},
            ),
        )
    cells = tuple(
        Cell(
            batch=batch,
            latency=latency(median * (1 if batch == 1 else 20), **changes),
            memory={"RSS": 150_000_000 + batch},
            speedups=tuple(Speedup(over=name, value=value, low=0.9 * value, high=1.1 * value) for name, value in over),
        )
        for batch in (1, 32)
    )
    return Row(
        candidate=Candidate(model=model, runtime=runtime, kind=Kind.ONNXRUNTIME, target="x.onnx", role=role, threads=2),
        backend="onnxruntime cpu",
        card=tiny_net.card(measured=measured),
        file_bytes=2_290_000,
        start=Start(import_s=0.5, load_s=0.25, first_s=0.0125),
        idle={"RSS": 100_000_000},
        cells=cells,
    )


def result(rows=None, machine=MACHINE):
    torch, ort = "big, PyTorch FP32", "big, ONNX Runtime FP32"
    rows = rows or [
        row("big", "PyTorch FP32", 26.4, Role.TEACHER, accuracy=0.93, over=[(ort, 0.25)]),
        row("big", "ONNX Runtime FP32", 6.6, Role.TEACHER, accuracy=0.93, over=[(torch, 4.0)]),
        row("small", "ONNX Runtime FP32", 0.16, accuracy=0.86, over=[(torch, 165.0), (ort, 41.25)]),
        row(
            "small",
            "ONNX Runtime INT8",
            0.2,
            accuracy=0.855,
            over=[(torch, 132.0), (ort, 33.0)],
            variation=0.2,
            p99=False,
        ),
        Row(
            candidate=Candidate(model="small", runtime="TensorRT-RTX INT8", kind=Kind.ENGINE, target="x.engine"),
            why="needs an NVIDIA GPU & a driver",
            card=tiny_net.card(),
            file_bytes=2_630_000,
        ),
    ]
    return BenchmarkResult(
        protocol=protocol_for((1, 32), rounds=2),
        faces="demo PublicTest",
        environment=machine,
        rows=tuple(rows),
    )


def spread(median):
    return Spread(
        samples=200,
        min_ms=0.9 * median,
        median_ms=median,
        mean_ms=median,
        p90_ms=1.1 * median,
        p95_ms=1.2 * median,
        p99_ms=1.5 * median,
        max_ms=2 * median,
    )


def full():
    """A result in which everything that a row may have is there: a GPU, its parts, energy, intervals, verdicts."""
    torch = "big, PyTorch FP32"
    teacher = row("big", "PyTorch FP32", 26.4, Role.TEACHER, accuracy=0.93)
    fast = row("small", "TensorRT-RTX FP16", 0.1, accuracy=0.86, over=[(torch, 264.0)])
    timed = fast.cells[0].latency.model_copy(
        update={"low_ms": 0.098, "high_ms": 0.104, "histogram": Histogram(low_ms=0.08, high_ms=0.12, counts=(100, 300, 90), above=10)}
    )  # fmt: skip
    first = fast.cells[0].model_copy(
        update={
            "latency": timed,
            "parts": Parts(
                h2d=spread(0.011),
                compute=spread(0.062),
                d2h=spread(0.007),
                enqueue=spread(0.021),
                latency=spread(0.081),
                wall_s=0.02,
            ),
            "energy": Energy(joules=12.0, seconds=2.0, faces=4000, idle_watts=3.5, method="NVML", scope="the board"),
            "memory": {"RSS": 160_000_000, "GPU": 400_000_000},
        }
    )
    measured = fast.card.measured[0].model_copy(update={"recall": {"happy": 0.91, "fear": 0.484}})
    fast = fast.model_copy(
        update={
            "cells": (first, fast.cells[1]),
            "card": fast.card.but(measured=(measured,)),
            "candidate": fast.candidate.model_copy(update={"kind": Kind.ENGINE, "target": "x.engine"}),
            "setup": Setup(device="cuda:0", threads=2, precision="fp16", cuda_graph=True, transfers=True),
            "sizes": Sizes(weights_bytes=1_140_000, activation_bytes=2_500_000, io_bytes=16_412),
            "start": Start(process_s=0.05, import_s=0.5, load_s=0.25, compile_s=0.2, first_s=0.0125),
            "idle": {"RSS": 100_000_000, "GPU": 350_000_000},
        }
    )
    made = memory_of(teacher, {"RSS": 300_000_000, "GPU": 900_000_000, "torch allocated": 330_000_000})
    made = made.model_copy(update={"setup": Setup(device="cuda:0", threads=2)})
    return result([made, fast]).model_copy(
        update={
            "verdicts": (
                Verdict(kind=VerdictKind.SHIP, rows=(fast.name,), text="Ship small in FP16: 264 times the teacher's speed"),
                Verdict(kind=VerdictKind.BOUND, rows=(made.name,), text="big waits for its enqueue."),
            )
        }
    )  # fmt: skip


def memory_of(made, memory):
    """The row with other bytes by method at every batch size."""
    return made.model_copy(update={"cells": tuple(cell.model_copy(update={"memory": memory}) for cell in made.cells)})
