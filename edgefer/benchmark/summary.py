"""Samples to figures: percentiles, variation over rounds, ratios with their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgefer.benchmark.figures import Latency, Speedup

_RESAMPLES = 2000
# Below this many samples the 99th percentile is the largest sample under another name.
_ENOUGH_FOR_P99 = 100


def summarise(rounds: Sequence[Sequence[int]]) -> Latency:
    """Latency of one cell from its rounds of nanoseconds, each with at least one sample."""
    pooled = np.concatenate([np.asarray(samples, np.float64) for samples in rounds]) / 1e6
    medians = np.asarray([np.median(samples) for samples in rounds]) / 1e6
    middle, p90, p95, p99 = np.percentile(pooled, (50, 90, 95, 99))
    return Latency(
        samples=len(pooled),
        min_ms=float(pooled.min()),
        median_ms=float(middle),
        mean_ms=float(pooled.mean()),
        p90_ms=float(p90),
        p95_ms=float(p95),
        p99_ms=float(p99) if len(pooled) >= _ENOUGH_FOR_P99 else None,
        max_ms=float(pooled.max()),
        rounds_ms=tuple(medians.tolist()),
        variation=float(medians.std(ddof=1) / medians.mean()) if len(medians) > 1 else None,
    )


def speedup(over: str, reference: Latency, latency: Latency) -> Speedup:
    """How many times faster `latency` is than `reference`, both measured in the same interleaved rounds.

    Rounds are compared in pairs, so that what slows the whole machine for one round cancels; the value is the median of
    the pairs' ratios, the interval the 2.5th and 97.5th percentile of that median over resampled rounds. With the few
    rounds of a suite the interval shows what the rounds disagreed on, no more.
    """
    ratios = np.asarray(reference.rounds_ms) / np.asarray(latency.rounds_ms)
    value = float(np.median(ratios))
    if len(ratios) < 2:
        return Speedup(over=over, value=value, low=None, high=None)
    picks = np.random.default_rng(0).integers(0, len(ratios), (_RESAMPLES, len(ratios)))
    low, high = np.percentile(np.median(ratios[picks], axis=1), (2.5, 97.5))
    return Speedup(over=over, value=value, low=float(low), high=float(high))
