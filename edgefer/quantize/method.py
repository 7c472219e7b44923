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


DEFAULT = Method.MINMAX
# Of an activation's values, in percent, the share that the range of `percentile` holds.
PERCENTILE = 99.99
