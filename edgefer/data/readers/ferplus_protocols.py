"""From ten people's votes to labels and target distributions: Barsoum et al., arXiv 1608.01041.

Their code (microsoft/FERPlus, `src/ferplus.py`) fixes what the paper leaves open, such as ties and who is left out, and
is followed here. Votes are int64 `[N, 10]` in the order of `COLUMNS`. A single vote for an emotion counts as a slip and
is taken away first; then a protocol keeps some of the votes, and none of a face on which people agree too little.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.data.faces import Targets
from edgefer.emotions import FERPLUS

COLUMNS = ("neutral", "happiness", "surprise", "sadness", "anger", "disgust", "fear", "contempt", "unknown", "NF")
EMOTIONS = len(FERPLUS)
UNKNOWN, NO_FACE = COLUMNS.index("unknown"), COLUMNS.index("NF")

Votes = npt.NDArray[np.int64]

_MOST_PEAKS = 3


@dataclass(frozen=True)
class Verdicts:
    """What a protocol makes of the votes on N faces.

    labels: int64 `[N]`, the leading column 0..9, the first where several lead. targets: float32 `[N, 8]`, the shares of
    the emotions; they sum to 1 where an emotion leads. scattered: bool `[N]`, people agree on too little.
    """

    labels: npt.NDArray[np.int64]
    targets: Targets
    scattered: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Protocol:
    """keep: the votes that count, of those that are no slips. weigh: the kept votes as shares, not yet normalised."""

    keep: Callable[[Votes], Votes]
    weigh: Callable[[Votes], Votes]

    def judge(self, votes: Votes) -> Verdicts:
        """Labels and targets of faces from their votes, int64 `[N, 10]`."""
        kept = self.keep(np.where(votes > 1, votes, 0))
        weights = self.weigh(kept[:, :EMOTIONS]).astype(np.float64)
        sums = weights.sum(1, keepdims=True)
        targets = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
        return Verdicts(kept.argmax(1), targets.astype(np.float32), np.asarray(~kept.any(1)))


def _majority(votes: Votes) -> Votes:
    """The leading column, where more than half of the votes are for it."""
    return np.where(2 * votes > votes.sum(1, keepdims=True), votes, 0)


def _peaks(votes: Votes) -> Votes:
    """The highest columns, ties together, until they hold 75 % of the votes or are three.

    `unknown` or `NF` among them ends the search, and is kept only where it leads alone. Too little: half of the votes
    or less, or ties that make more than three.
    """
    total = votes.sum(1)
    left, kept, seen = votes.copy(), np.zeros_like(votes), np.zeros_like(total)
    going = total > 0
    while going.any():
        peaks = going[:, None] & (left == left.max(1, keepdims=True))
        seen += np.where(peaks, left, 0).sum(1)
        ended = peaks[:, EMOTIONS:].any(1)
        kept = np.where(peaks, left, kept)
        kept[kept[:, :EMOTIONS].any(1), EMOTIONS:] = 0
        left[peaks] = 0
        going &= ~ended & (4 * seen < 3 * total) & ((kept > 0).sum(1) < _MOST_PEAKS)
    scattered = (2 * kept.sum(1) <= total) | ((kept > 0).sum(1) > _MOST_PEAKS)
    return np.where(scattered[:, None], 0, kept)


def _frequent(votes: Votes) -> Votes:
    """The columns with at least 30 % of the votes each, where together they have more than half."""
    total = votes.sum(1, keepdims=True)
    kept = np.where(10 * votes >= 3 * total, votes, 0)
    return np.where(2 * kept.sum(1, keepdims=True) > total, kept, 0)


def _by_votes(kept: Votes) -> Votes:
    return kept


def _alike(kept: Votes) -> Votes:
    return (kept > 0).astype(np.int64)


# `probability` and `crossentropy` are one distribution: the first draws a label from it at every epoch, the second
# trains on the distribution itself.
PROTOCOLS = {
    "majority": Protocol(_majority, _by_votes),
    "probability": Protocol(_peaks, _by_votes),
    "crossentropy": Protocol(_peaks, _by_votes),
    "multi_target": Protocol(_frequent, _alike),
}
