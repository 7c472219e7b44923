"""Drawing faces evenly over emotions and over brightness."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from edgefer.quantize.pool import Pool

STRATA = 5

Counts = npt.NDArray[np.int64]


def brightness_bounds(levels: npt.NDArray[np.float64]) -> tuple[float, ...]:
    """Mean grey at which each stratum but the darkest begins, ascending: the quintiles of `levels`, float64 `[N]`.

    Fewer where many faces are equally bright, none where all are, so that no stratum is empty.
    """
    shares = np.arange(1, STRATA) / STRATA
    # A quintile that is a value of its own needs no rounding to be written down exactly.
    bounds = np.unique(np.quantile(levels, shares, method="nearest"))
    return tuple(bounds[bounds > levels.min()].tolist())


def strata(levels: npt.NDArray[np.float64], bounds: tuple[float, ...]) -> Counts:
    """The stratum of each face, int64 `[N]`, 0 for the darkest."""
    return np.searchsorted(np.asarray(bounds), levels, side="right").astype(np.int64)


def draw(pool: Pool, count: int, seed: int) -> Counts:
    """`count` rows of the pool's faces, int64 ascending: even over emotions, and within each over brightness strata.

    What an emotion or a stratum is short of, the others share. `count` is at most `pool.left`; the same seed gives the
    same rows.
    """
    generator = np.random.default_rng(seed)
    stratum = strata(pool.levels, bounds := brightness_bounds(pool.levels))
    emotions, levels = len(pool.faces.emotions), len(bounds) + 1
    cell = pool.faces.labels * levels + stratum
    available = np.bincount(cell[pool.allowed], minlength=emotions * levels).reshape(emotions, levels)
    # The emotion that has more gives the odd face; among strata it is the one that gave fewer so far.
    by_emotion = even_shares(available.sum(axis=1), count, np.argsort(-available.sum(axis=1), kind="stable"))
    given = np.zeros(levels, np.int64)
    chosen = []
    for emotion in np.argsort(available.sum(axis=1), kind="stable").tolist():
        order = np.lexsort((generator.random(levels), given))
        shares = even_shares(available[emotion], int(by_emotion[emotion]), order)
        given += shares
        for level, share in enumerate(shares.tolist()):
            rows = np.flatnonzero(pool.allowed & (cell == emotion * levels + level))
            chosen.append(generator.permutation(rows)[:share])
    return np.sort(np.concatenate(chosen))


def even_shares(available: Counts, count: int, order: Counts) -> Counts:
    """Split `count` over what is available, int64 `[n]`, as evenly as it allows; odd ones go to the first in `order`.

    `count` is at most the sum of `available`.
    """
    shares = np.zeros_like(available)
    while left := count - int(shares.sum()):
        room = order[shares[order] < available[order]]
        each = left // len(room)
        if not each:
            shares[room[:left]] += 1
        else:
            shares[room] += np.minimum(each, (available - shares)[room])
    return shares
