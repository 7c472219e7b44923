"""Labels in another order than they were taken for: told from a confusion matrix.

FER2013 as a tree of folders is in alphabetical order, and so its labels 4, 5, 6 are neutral, sad, surprise where the csv
has sad, surprise, neutral. Whoever reads one as the other gets a plausible accuracy for four emotions and a bad one for
three. Then each of the three is mostly called another one of them, in a ring; networks that are merely weak call many
emotions by the same few names, which no ring of names can follow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import permutations

import numpy as np

from edgefer.errors import DataError
from edgefer.evaluate.metrics import Confusion

# Fewer faces than this of an emotion prove nothing.
FACES = 10
# How much more often, as shares of its faces, each emotion of a ring is called by its ring name than by its own, at
# least, and all of the ring on average.
EACH, MEAN = 0.1, 0.25
# Mean recall in the order that fits best, below which a network has learned too little to tell: an untrained one that
# happens to tell two emotions apart names them at random.
LEARNED = 0.35
# Above eight emotions the orders are too many to try; there are eight.
MOST = 8


def suspicious_order(confusion: Confusion, emotions: Sequence[str]) -> dict[str, str] | None:
    """Which emotions' labels seem exchanged: label in the data -> what its faces seem to show; None for none.

    confusion: counts, `[true, predicted]`. Of a network that has learned too little to tell, None.
    """
    side = len(emotions)
    if confusion.shape != (side, side) or side > MOST:
        raise DataError(f"{side} emotions (at most {MOST}) need a {side}x{side} matrix, not {list(confusion.shape)}")
    faces = confusion.sum(axis=1, keepdims=True)
    shares = confusion / np.maximum(faces, 1)
    orders = np.asarray(list(permutations(range(side))))
    fits = shares[np.arange(side), orders].sum(axis=1)
    best = orders[fits.argmax()]
    if fits.max() < LEARNED * np.count_nonzero(faces):
        return None
    found: dict[str, str] = {}
    for ring in _rings(best.tolist()):
        gains = [float(shares[one, best[one]] - shares[one, one]) for one in ring]
        if min(gains) >= EACH and sum(gains) / len(gains) >= MEAN and faces[ring].min() >= FACES:
            found |= {emotions[one]: emotions[best[one]] for one in ring}
    return {name: found[name] for name in emotions if name in found} or None


def _rings(order: Sequence[int]) -> list[list[int]]:
    """The cycles of a permutation that move something."""
    rings, seen = [], set()
    for start in range(len(order)):
        ring, place = [], start
        while place not in seen:
            seen.add(place)
            ring.append(place)
            place = order[place]
        if len(ring) > 1:
            rings.append(ring)
    return rings
