"""95 % intervals by the percentile bootstrap (Efron and Tibshirani 1993, chapter 13), stratified by true emotion.

Each resample draws, with replacement, as many faces of every emotion as the set holds: how many of each there are was
decided by whoever made the split and is no chance of the measurement, and an emotion of 56 faces never vanishes. The
draw is seeded, so the same answers give the same intervals.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Labels
from edgefer.evaluate.calibration_error import BINS, Floats, Right, bin_of

LEVEL = 0.95
RESAMPLES = 1000
SEED = 0
# Draws held in memory at once.
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Interval:
    """Its ends, in the unit of what they belong to."""

    low: float
    high: float

    @classmethod
    def of(cls, values: Floats) -> Interval:
        """The middle 95 % of a statistic's resampled values, float64 `[resamples]`."""
        low, high = np.quantile(values, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        return cls(float(low), float(high))


@dataclass(frozen=True)
class Intervals:
    """Of one evaluation, fractions 0..1. recall: by emotion index, None for an emotion without faces."""

    accuracy: Interval
    balanced_accuracy: Interval
    macro_f1: Interval
    calibration_error: Interval
    recall: tuple[Interval | None, ...]


def intervals(truth: Labels, predicted: Labels, confidence: Floats, classes: int, seed: int = SEED) -> Intervals:
    """Resample faces and score each resample; truth, predicted: int64 `[N]`, confidence: float64 `[N]` in 0..1."""
    cell, gaps = truth * classes + predicted, (predicted == truth) - confidence
    bins = bin_of(confidence)
    confusions, errors = [], []
    for rows in redraws(truth, seed):
        confusions.append(_tally(cell[rows], classes * classes).reshape(-1, classes, classes))
        errors.append(np.abs(_tally(bins[rows], BINS, gaps[rows])).sum(axis=1) / len(truth))
    return _summary(np.concatenate(confusions), np.concatenate(errors))


def redraws(groups: Labels, seed: int = SEED, resamples: int = RESAMPLES) -> Iterator[npt.NDArray[np.int64]]:
    """Positions drawn with replacement within each group, int64 `[k, N]` a block, `resamples` rows in all."""
    generator = np.random.default_rng(seed)
    order = np.argsort(groups, kind="stable")
    sizes = np.bincount(groups)
    first = (np.cumsum(sizes) - sizes)[groups[order]]
    size = sizes[groups[order]]
    block = max(1, _BLOCK // len(groups))
    for start in range(0, resamples, block):
        uniform = generator.random((min(block, resamples - start), len(groups)))
        yield order[first + (uniform * size).astype(np.int64)]


def paired_differences(truth: Labels, first: Right, second: Right, classes: int, seed: int = SEED) -> Floats:
    """Right by `second` less right by `first`, faces of each emotion in each resample, float64 `[resamples, classes]`.

    truth: int64 `[N]`; first, second: bool `[N]`, whether two models label the same face right. Drawing faces of an
    emotion with replacement and counting those lost, kept and gained is one draw from a multinomial distribution.
    """
    generator = np.random.default_rng(seed)
    columns = []
    for emotion in range(classes):
        member = truth == emotion
        count = int(member.sum())
        lost, gained = int((first & ~second)[member].sum()), int((~first & second)[member].sum())
        shares = np.asarray([lost, gained, count - lost - gained]) / max(count, 1)
        drawn = generator.multinomial(count, shares if count else (0, 0, 1), RESAMPLES)
        columns.append(drawn[:, 1] - drawn[:, 0])
    return np.stack(columns, axis=1).astype(np.float64)


def _tally(values: npt.NDArray[np.int64], kinds: int, weights: Floats | None = None) -> Floats:
    """How often, or with what total weight, each of `kinds` numbers stands in each row: float64 `[rows, kinds]`."""
    keys = values + kinds * np.arange(len(values))[:, None]
    counts = np.bincount(keys.ravel(), None if weights is None else weights.ravel(), kinds * len(values))
    return counts.reshape(-1, kinds).astype(np.float64)


def _summary(confusions: Floats, errors: Floats) -> Intervals:
    """Intervals from `[resamples, true, predicted]` counts; the same emotions have faces in every resample."""
    right = np.diagonal(confusions, axis1=1, axis2=2)
    faces, claimed = confusions.sum(axis=2), confusions.sum(axis=1)
    present = faces[0] > 0
    recall = right[:, present] / faces[:, present]
    f1 = 2 * right[:, present] / (faces + claimed)[:, present]
    by_emotion = iter(recall.T)
    return Intervals(
        accuracy=Interval.of(right.sum(axis=1) / faces.sum(axis=1)),
        balanced_accuracy=Interval.of(recall.mean(axis=1)),
        macro_f1=Interval.of(f1.mean(axis=1)),
        calibration_error=Interval.of(errors),
        recall=tuple(Interval.of(next(by_emotion)) if there else None for there in present),
    )
