"""How ranges of activations are chosen, by name."""

from __future__ import annotations

from enum import Enum


class Method(str, Enum):
    """How the range of an activation follows from its values over the calibration faces.

    minmax: all of them. entropy: as many as lose least information, by Kullback-Leibler divergence. percentile: all but
    the few of largest magnitude.
    """

    MINMAX = "minmax"
    ENTROPY = "entropy"
    PERCENTILE = "percentile"


# Kept most labels of both shipped students (benchmarks/int8_accuracy.py, docs/engines.md).
DEFAULT = Method.ENTROPY
# Of an activation's values, in percent, the share that the range of `percentile` holds.
PERCENTILE = 99.99
# What a card says in the place of a method when ranges were learned (`edgefer distill --qat int8`).
TRAINING = "training"
