"""A comparison of two benchmark records as plain text."""

from __future__ import annotations

from collections.abc import Iterator

from edgefer.benchmark.comparison import Change, Comparison, Outcome, Quantity
from edgefer.benchmark.formats import NOTHING, megabytes, milliseconds, seconds, times
from edgefer.table import text_table

_WORDS = {
    Quantity.LATENCY: ("faster", "slower"),
    Quantity.MEMORY: ("less", "more"),
    Quantity.FILE: ("smaller", "larger"),
    Quantity.START: ("faster, by one reading", "slower, by one reading"),
    Quantity.ACCURACY: ("better", "worse"),
}


def render_comparison(comparison: Comparison) -> str:
    """Times of all rows, what else changed, rows that could not be compared, and what passed the limit."""
    latencies = [one for one in comparison.changes if one.quantity is Quantity.LATENCY]
    parts = [f"{comparison.before}, then {comparison.now}"]
    if latencies:
        parts.append(text_table(_HEAD, [_cells(one) for one in latencies]))
    parts += ["\n".join(lines) for lines in (list(_others(comparison)), list(_remarks(comparison))) if lines]
    return "\n\n".join(parts)


def line(change: Change) -> str:
    """`small, ONNX Runtime FP32, batch 1: latency 0.160 ms, then 0.200 ms, 1.25x (1.20-1.30): slower`."""
    place = f", batch {change.batch}" if change.batch is not None else ""
    method = f" ({change.method})" if change.method else ""
    name = change.quantity.value.split(",")[0]
    # Accuracy is told in points, not as a ratio.
    ratio = "" if change.quantity is Quantity.ACCURACY or change.ratio is None else f", {_ratio(change)}"
    figures = f"{_figure(change, change.before)}, then {_figure(change, change.now)}{ratio}"
    return f"{change.row}{place}: {name}{method} {figures}: {_word(change)}"


_HEAD = ["row", "batch", "before ms", "now ms", "now / before", "beside the teacher", "verdict"]


def _cells(change: Change) -> list[str]:
    return [
        change.row,
        str(change.batch),
        milliseconds(change.before),
        milliseconds(change.now),
        _ratio(change),
        NOTHING if change.beside is None else times(change.beside),
        _word(change),
    ]


def _others(comparison: Comparison) -> Iterator[str]:
    """What changed beside times, beyond the noise."""
    for change in comparison.changes:
        if change.quantity is not Quantity.LATENCY and change.outcome is not Outcome.SAME:
            yield line(change)


def _remarks(comparison: Comparison) -> Iterator[str]:
    for name, why in comparison.not_compared.items():
        yield f"{name}: {why}"
    for when, names in (("before", comparison.only_before), ("now", comparison.only_now)):
        if names:
            yield f"only {when}: {'; '.join(names)}"
    if any(change.outcome is Outcome.MACHINE for change in comparison.changes):
        yield "the machine?: changed, but not surely beside the teacher, whose time changed too or is too noisy to tell"
    yield from comparison.notes
    if comparison.max_regression is not None:
        found = "; ".join(comparison.regressions) or "nothing"
        yield f"worse by more than {comparison.max_regression:.0%}: {found}"


def _ratio(change: Change) -> str:
    return times(change.ratio, change.low, change.high)


def _figure(change: Change, value: float) -> str:
    if change.quantity is Quantity.LATENCY:
        return f"{milliseconds(value)} ms"
    if change.quantity is Quantity.START:
        return f"{seconds(value)} s"
    if change.quantity is Quantity.ACCURACY:
        return f"{value:.1%}"
    return f"{megabytes(int(value))} MB"


def _word(change: Change) -> str:
    better, worse = _WORDS[change.quantity]
    return {
        Outcome.BETTER: better,
        Outcome.WORSE: worse,
        Outcome.SAME: "same",
        Outcome.MACHINE: "the machine?",
        Outcome.UNKNOWN: "one round does not tell",
    }[change.outcome]
