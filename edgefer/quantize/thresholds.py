"""From a histogram of magnitudes to the largest one that INT8 should still tell apart."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgefer.runtime.session import Array

BINS = 2048
# Magnitudes that symmetric INT8 has.
_LEVELS = 128
# Divergences that differ by less are the same.
_EQUAL = 1e-9

Counts = npt.NDArray[np.int64]


def count_magnitudes(values: Array, peak: float) -> Counts:
    """How many magnitudes fall into each of `BINS` equal parts of 0..peak, int64 `[BINS]`; those beyond go to the last.

    values: float32 of any shape, finite. peak: above 0.
    """
    places = np.abs(values.ravel()) * np.float32(BINS / peak)
    return np.bincount(np.minimum(places.astype(np.int32), BINS - 1), minlength=BINS)


def percentile_share(counts: Counts, percent: float) -> float:
    """The smallest share of the histogram's width, 0..1, that holds `percent` of what was counted."""
    held = np.cumsum(counts)
    return float(np.searchsorted(held, percent / 100 * held[-1]) + 1) / len(counts)


def entropy_share(counts: Counts) -> float:
    """The share of the histogram's width, 0..1, whose cut costs least information once it is quantised.

    NVIDIA's entropy calibration (S. Migacz, 8-bit Inference with TensorRT, GTC 2017): for every cut from 128 bins on,
    the Kullback-Leibler divergence of the clipped distribution, which has all beyond the cut in its last bin, from the
    same merged into 128 levels and spread again over the bins that were not empty. Zeros, which INT8 holds exactly and
    of which ReLU makes many, do not count: the first bin takes its neighbour's height. A cut behind an empty bin counts
    as if one value lay there; its divergence would be infinite, and far outliers could never be cut off.
    """
    if not counts[1:].any():
        return 1.0
    costs = divergences(counts)
    # Rounding must not choose between cuts that are equally good: the first of them is it.
    return (_LEVELS + int((costs <= costs.min() + _EQUAL).argmax())) / len(counts)


def divergences(counts: Counts) -> npt.NDArray[np.float64]:
    """For each cut from 128 bins on, up to all of them, what `entropy_share` weighs, in nats: float64 `[bins - 127]`.

    counts: not only of zeros.
    """
    heights = counts.astype(np.float64)
    heights[0] = heights[1]
    total = heights.sum()
    cuts = np.arange(_LEVELS, len(counts) + 1)
    last = heights[cuts - 1]
    beyond = total - np.cumsum(heights)[cuts - 1]
    added = ((last == 0) & (beyond > 0)).astype(np.float64)

    # Sums over the bins of each level, for all cuts at once: [cuts, levels], from running sums.
    edges = cuts[:, None] * np.arange(_LEVELS + 1) // _LEVELS
    merged = np.diff(_running(heights)[edges], axis=1)
    filled = np.diff(_running(heights > 0)[edges], axis=1)
    clipped = merged.copy()
    clipped[:, -1] += beyond
    merged[:, -1] += added
    filled[:, -1] += added
    # D(P | Q) = sum p log p - sum p log q, where q is the same for all filled bins of a level.
    own = _running(_times_log(heights))[cuts - 1] + _times_log(last + beyond)
    spread = np.log(np.divide(merged, filled, out=np.ones_like(merged), where=merged > 0))
    return np.asarray(own / total - np.log(total) - (clipped * spread).sum(axis=1) / total + np.log(merged.sum(axis=1)))


def _running(values: npt.NDArray[np.float64] | npt.NDArray[np.bool_]) -> npt.NDArray[np.float64]:
    """Sum of all values before each place, and of all."""
    return np.concatenate(([0.0], np.cumsum(values, dtype=np.float64)))


def _times_log(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`x log x`, 0 at 0."""
    return np.asarray(values * np.log(np.where(values > 0, values, 1.0)))
