"""Pairs things of two kinds so that the sum of the pairs' scores is the largest there is (the assignment problem)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]


def assign(scores: Scores) -> dict[int, int]:
    """Row -> column, each at most once, for scores `[N, M]`; pairs with a score of 0 or less are never made."""
    if not scores.size:
        return {}
    possible = scores > 0
    if possible.sum(axis=0).max() <= 1 and possible.sum(axis=1).max() <= 1:  # nobody competes: nearly every frame
        return dict(zip(*(indices.tolist() for indices in np.nonzero(possible)), strict=True))
    if scores.shape[0] > scores.shape[1]:
        return {row: column for column, row in assign(scores.T).items()}
    pairs = _cheapest(-np.maximum(scores, 0))
    return {row: column for row, column in enumerate(pairs) if possible[row, column]}


def _cheapest(costs: Scores) -> list[int]:
    """Column of each row at the lowest sum of costs `[N, M]`, N <= M: shortest augmenting paths (Kuhn, 1955).

    Row and column 0 of the tables stand for "not paired yet"; time grows with N * N * M.
    """
    rows, columns = costs.shape
    row_price, column_price = np.zeros(rows + 1), np.zeros(columns + 1)
    owner, before = np.zeros(columns + 1, int), np.zeros(columns + 1, int)
    for row in range(1, rows + 1):
        owner[0], column = row, 0
        least = np.full(columns + 1, np.inf)
        done = np.zeros(columns + 1, bool)
        while owner[column]:
            done[column] = True
            reduced = costs[owner[column] - 1] - row_price[owner[column]] - column_price[1:]
            better = ~done[1:] & (reduced < least[1:])
            least[1:][better], before[1:][better] = reduced[better], column
            nearest = int(np.where(done, np.inf, least).argmin())
            step = least[nearest]
            row_price[owner[done]] += step
            column_price[done] -= step
            least[~done] -= step
            column = nearest
        while column:
            owner[column] = owner[before[column]]
            column = int(before[column])
    pairs = [0] * rows
    for column in range(1, columns + 1):
        if owner[column]:
            pairs[owner[column] - 1] = column - 1
    return pairs
