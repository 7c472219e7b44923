"""Samples to figures: percentiles, histogram, variation over rounds, ratios with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.figures import Histogram, Latency, Parts, Speedup, Spread
from edgefer.runtime.session import PartTimes

_RESAMPLES = 2000
# Below this many samples the 99th percentile is the largest sample under another name.
_ENOUGH_FOR_P99 = 100
_BINS = 40
# Quantiles that stand for a round when rounds are resampled; more change nothing but the time it takes.
_POINTS = 101

Rounds = Sequence[Sequence[int]]
Floats = npt.NDArray[np.float64]


def summarise(rounds: Rounds, ended: str = "") -> Latency:
    """Latency of one cell from its rounds of nanoseconds, each with at least one sample."""
    pooled = _pooled(rounds)
    medians = np.asarray([np.median(samples) for samples in rounds]) / 1e6
    limits = interval(rounds)
    return Latency(
        **spread(pooled).model_dump(),
        rounds_ms=tuple(medians.tolist()),
        variation=float(medians.std(ddof=1) / medians.mean()) if len(medians) > 1 and medians.mean() else None,
        low_ms=limits[0] if limits else None,
        high_ms=limits[1] if limits else None,
        histogram=histogram(pooled),
        ended=ended,
    )


def spread(milliseconds: Floats) -> Spread:
    """The spread of at least one time."""
    middle, p90, p95, p99 = np.percentile(milliseconds, (50, 90, 95, 99))
    return Spread(
        samples=len(milliseconds),
        min_ms=float(milliseconds.min()),
        median_ms=float(middle),
        mean_ms=float(milliseconds.mean()),
        p90_ms=float(p90),
        p95_ms=float(p95),
        p99_ms=float(p99) if len(milliseconds) >= _ENOUGH_FOR_P99 else None,
        max_ms=float(milliseconds.max()),
    )


def histogram(milliseconds: Floats) -> Histogram:
    """At most 40 equal steps from the shortest time to the 99th percentile; the rest is counted in `above`."""
    low, high = float(milliseconds.min()), float(np.percentile(milliseconds, 99))
    inside = milliseconds[milliseconds <= high]
    bins = max(1, min(_BINS, round(len(inside) ** 0.5)))
    if high <= low:
        return Histogram(low_ms=low, high_ms=high, counts=(len(inside),), above=len(milliseconds) - len(inside))
    counts, _ = np.histogram(inside, bins, (low, high))
    return Histogram(low_ms=low, high_ms=high, counts=tuple(counts.tolist()), above=len(milliseconds) - len(inside))


def interval(rounds: Rounds) -> tuple[float, float] | None:
    """95 % bootstrap interval of the median of all samples, milliseconds; None for a single round.

    Whole rounds are resampled and not single calls, since calls of one round share what happened to the machine then.
    """
    if len(rounds) < 2:
        return None
    steps = (np.arange(_POINTS) + 0.5) / _POINTS
    points = np.concatenate([np.quantile(np.asarray(samples, np.float64), steps) for samples in rounds]) / 1e6
    weights = np.repeat([len(samples) / _POINTS for samples in rounds], _POINTS)
    numbers = np.repeat(np.arange(len(rounds)), _POINTS)
    order = np.argsort(points, kind="stable")
    points, weights, numbers = points[order], weights[order], numbers[order]
    draws = np.random.default_rng(0).multinomial(len(rounds), np.full(len(rounds), 1 / len(rounds)), _RESAMPLES)
    total = np.cumsum(draws[:, numbers] * weights, axis=1)
    medians = points[np.argmax(total >= total[:, -1:] / 2, axis=1)]
    middle = float(np.median(_pooled(rounds)))
    low, high = np.percentile(medians, (2.5, 97.5))
    return min(float(low), middle), max(float(high), middle)


def parts(times: Sequence[PartTimes], wall_s: float) -> Parts | None:
    """Spreads of a call's parts, which took `wall_s` seconds in all; None when none was timed."""
    if not times:
        return None
    h2d, compute, d2h, enqueue = np.asarray(
        [(one.h2d_ms, one.compute_ms, one.d2h_ms, one.enqueue_ms) for one in times]
    ).T
    return Parts(
        h2d=spread(h2d),
        compute=spread(compute),
        d2h=spread(d2h),
        enqueue=spread(enqueue),
        latency=spread(h2d + compute + d2h),
        wall_s=wall_s,
    )


def speedup(over: str, reference: Latency, latency: Latency) -> Speedup:
    """How many times faster `latency` is than `reference`, both measured in the same interleaved rounds.

    Rounds are compared in pairs, so that what slows the whole machine for one round cancels; the value is the median of
    the pairs' ratios, the interval the 2.5th and 97.5th percentile of that median over resampled rounds. With the few
    rounds of a suite the interval shows what the rounds disagreed on, no more. A row that was done early has no later
    rounds; the ones that both have are compared.
    """
    ratios = np.asarray([first / second for first, second in zip(reference.rounds_ms, latency.rounds_ms, strict=False)])
    value = float(np.median(ratios))
    if len(ratios) < 2:
        return Speedup(over=over, value=value, low=None, high=None)
    picks = np.random.default_rng(0).integers(0, len(ratios), (_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[picks], axis=1), (2.5, 97.5))
    return Speedup(over=over, value=value, low=float(low), high=float(high))


def _pooled(rounds: Rounds) -> Floats:
    return np.concatenate([np.asarray(samples, np.float64) for samples in rounds]) / 1e6
