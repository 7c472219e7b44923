"""When a cell has been measured enough, and how much of that one visit does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer.benchmark.protocol import Effort
from edgefer.benchmark.summary import Rounds, interval

# An interval over fewer rounds is no more than their range.
_ROUNDS_FOR_AN_INTERVAL = 3
# The loop's own time between calls belongs to a visit and to no sample.
_NEARLY = 0.98


@dataclass(frozen=True)
class Share:
    """What one visit does: `calls` and `seconds` at least, but no call after `limit` seconds."""

    calls: int
    seconds: float
    limit: float


def share(effort: Effort, rounds: Rounds, left: int) -> Share:
    """An equal part of what is missing, when `left` visits are left with this one; `rounds` are those before it."""
    calls, seconds = _spent(rounds)
    return Share(
        calls=max(1, -(-(effort.calls - calls) // left)),
        seconds=max(0.0, effort.seconds - seconds) / left,
        limit=max(0.0, effort.limit_s - seconds) / left,
    )


def done(effort: Effort, rounds: Rounds) -> str:
    """Why a cell needs no further visit; empty while it needs one."""
    calls, seconds = _spent(rounds)
    if calls >= effort.calls and seconds >= _NEARLY * effort.seconds:
        return f"{effort.calls} calls and {effort.seconds:g} s"
    if len(rounds) >= _ROUNDS_FOR_AN_INTERVAL and (width := _width(rounds)) <= effort.tight:
        return f"the interval is tight: {width:.1%} of the median"
    if seconds >= effort.limit_s:
        return f"the limit of {effort.limit_s:g} s"
    return ""


def ended(effort: Effort, rounds: Rounds) -> str:
    """Why a cell whose visits are over was measured no longer."""
    short = _spent(rounds)[0] < effort.calls
    return done(effort, rounds) or (
        f"the limit of {effort.limit_s:g} s" if short else f"{effort.calls} calls and {effort.seconds:g} s"
    )


def _spent(rounds: Rounds) -> tuple[int, float]:
    """Calls and the seconds inside them."""
    return sum(len(samples) for samples in rounds), sum(sum(samples) for samples in rounds) / 1e9


def _width(rounds: Sequence[Sequence[int]]) -> float:
    """The farther end of the median's interval from it, as a share of it."""
    limits = interval(rounds)
    middle = float(np.median(np.concatenate([np.asarray(samples, np.float64) for samples in rounds]))) / 1e6
    if limits is None or middle <= 0:
        return float("inf")
    return max(limits[1] - middle, middle - limits[0]) / middle
