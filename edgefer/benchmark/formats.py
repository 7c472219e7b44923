"""How figures of a benchmark are written: as many digits as count, a dash where there is none."""

from __future__ import annotations

import re

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.figures import Latency, Speedup
from edgefer.benchmark.result import BenchmarkResult, Row

NOTHING = "-"
_PRECISION = re.compile(r" (FP32|FP16|BF16|INT8|FP8)\b")


def milliseconds(value: float | None) -> str:
    """Three digits that count."""
    if value is None:
        return NOTHING
    return f"{value:.{3 if value < 1 else 2 if value < 100 else 0}f}"


def seconds(value: float | None) -> str:
    """Hundredths; below a tenth two digits that count."""
    if value is None:
        return NOTHING
    return f"{value:.{2 if value >= 0.1 else 3 if value >= 0.01 else 4}f}"


def rate(value: float) -> str:
    """Whole numbers; below ten two digits that count."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def megabytes(size: int | None) -> str:
    """MB of 10^6 bytes."""
    return NOTHING if size is None else f"{size / 1e6:.{2 if abs(size) < 10e6 else 0}f}"


def interval(low: float | None, high: float | None) -> str:
    """` (26.20-26.90)` behind a figure in milliseconds; nothing where there is no interval."""
    return "" if low is None or high is None else f" ({milliseconds(low)}-{milliseconds(high)})"


def median(latency: Latency) -> str:
    """Milliseconds with their interval, and `~` where rounds disagree."""
    text = milliseconds(latency.median_ms) + interval(latency.low_ms, latency.high_ms)
    return f"{text} ~" if latency.unstable else text


def times(value: float | None, low: float | None = None, high: float | None = None) -> str:
    """`12.3x (11.9-12.8)`: a ratio with its interval where it has one."""
    if value is None:
        return NOTHING
    span = "" if low is None or high is None else f" ({_ratio(low)}-{_ratio(high)})"
    return f"{_ratio(value)}x{span}"


def _ratio(value: float) -> str:
    return f"{value:,.{3 if value < 0.1 else 2 if value < 10 else 1 if value < 100 else 0}f}"


def speedup(one: Speedup | None) -> str:
    """A ratio to a teacher."""
    return NOTHING if one is None else times(one.value, one.low, one.high)


def runtime(row: Row) -> str:
    """What runs the row, and that it is on the GPU where its name does not tell."""
    name = row.candidate.runtime
    on_gpu = row.backend.endswith("cuda") or (row.setup is not None and row.setup.device != "cpu")
    told = "GPU" in name or "CUDA" in name or name.startswith("TensorRT")
    return f"{name} on GPU" if on_gpu and not told else name


def speedup_names(result: BenchmarkResult) -> list[str]:
    """Teachers that rows are compared with, in the order of the rows."""
    used = {one.over for row in result.rows for cell in row.cells for one in cell.speedups}
    return [row.name for row in result.rows if row.candidate.role is Role.TEACHER and row.name in used]


def teacher_head(result: BenchmarkResult, name: str) -> str:
    """The head of a column of ratios: the teacher's framework, its runtime or its whole name, whichever is enough."""
    runtimes = {row.name: row.candidate.runtime for row in result.rows}
    for short in (lambda runtime: _PRECISION.split(runtime)[0], str):
        known = [short(runtimes[other]) for other in speedup_names(result)]
        if known.count(short(runtimes[name])) == 1:
            return f"teacher in {short(runtimes[name])}"
    return name
