"""A made-up record of the paper's networks: one runtime with the record's own ratios, one without."""

from __future__ import annotations

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.paper import ROWS
from tests.benchmark import results


def row(architecture, runtime, median, **changes):
    role = Role.TEACHER if architecture == "resemotenet" else Role.STUDENT
    model = f"{architecture} (teacher)" if role is Role.TEACHER else architecture
    made = results.row(model, runtime, median, role, **changes)
    return made.model_copy(update={"card": made.card.but(architecture=architecture)})


def result():
    times = (20.0, 5.0, 1.6, 0.8)
    names = [published.architecture for published in ROWS]
    torch = "resemotenet (teacher), PyTorch FP32"
    rows = [
        row(name, "PyTorch FP32", time, over=[(torch, 20 / time)] if time != 20 else ())
        for name, time in zip(names, times, strict=True)
    ]
    rows += [row(name, "ONNX Runtime FP32", time / 5) for name, time in zip(names, times, strict=True)]
    return results.result(rows)
