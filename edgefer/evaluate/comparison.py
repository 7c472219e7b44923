"""Two models on the same faces: what changed, for whom, and whether chance explains it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgefer.errors import DataError
from edgefer.evaluate.answers import Answers
from edgefer.evaluate.bootstrap import Interval, paired_differences
from edgefer.evaluate.calibration_error import Floats, Right

# With fewer discordant pairs the chi-square distribution is a poor approximation, and the exact test costs nothing.
EXACT_BELOW = 25


@dataclass(frozen=True)
class Change:
    """One emotion. lost: faces that only the reference labels right; gained: that only the candidate does.

    reference, candidate: recall, 0..1. interval: 95 % of `difference`. All three are None without faces.
    """

    faces: int
    lost: int
    gained: int
    reference: float | None
    candidate: float | None
    interval: Interval | None

    @property
    def difference(self) -> float | None:
        """Recall of the candidate less that of the reference: below 0 where it fell."""
        return None if not self.faces else (self.gained - self.lost) / self.faces


@dataclass(frozen=True)
class McNemar:
    """McNemar's test of the faces that one model alone labels right. p: two-sided; statistic: None where exact."""

    method: str
    statistic: float | None
    p: float


@dataclass(frozen=True)
class Comparison:
    """A candidate beside its reference, on all faces of a split.

    reference, candidate: titles. same_label: share of faces given the same label. kl: mean over faces of
    KL(reference || candidate), nats. accuracies: 0..1, reference first. interval: 95 % of `difference`.
    changes: by emotion, those that fell furthest first.
    """

    reference: str
    candidate: str
    faces: int
    same_label: float
    kl: float
    accuracies: tuple[float, float]
    interval: Interval
    changes: dict[str, Change]
    mcnemar: McNemar

    @property
    def difference(self) -> float:
        """Accuracy of the candidate less that of the reference."""
        return self.accuracies[1] - self.accuracies[0]

    @property
    def lost(self) -> int:
        """Faces that went from right to wrong."""
        return sum(change.lost for change in self.changes.values())

    @property
    def gained(self) -> int:
        """Faces that went from wrong to right."""
        return sum(change.gained for change in self.changes.values())


def compare(reference: Answers, candidate: Answers) -> Comparison:
    """Compare two models' answers; raises DataError when they are not about the same faces, emotions and views."""
    if (reference.faces.sha256, reference.emotions, reference.tta) != (
        candidate.faces.sha256,
        candidate.emotions,
        candidate.tta,
    ):
        raise DataError("two models can be compared on the same faces, emotions and views only")
    truth, count = candidate.truth, len(candidate.truth)
    first, second = reference.predicted == truth, candidate.predicted == truth
    differences = paired_differences(truth, first, second, len(candidate.emotions))
    lost, gained = int((first & ~second).sum()), int((~first & second).sum())
    return Comparison(
        reference=reference.title,
        candidate=candidate.title,
        faces=count,
        same_label=float((reference.predicted == candidate.predicted).mean()),
        kl=divergence(reference, candidate),
        accuracies=(float(first.mean()), float(second.mean())),
        interval=Interval.of(differences.sum(axis=1) / count),
        changes=_changes(candidate, first, second, differences),
        mcnemar=mcnemar(lost, gained),
    )


def divergence(reference: Answers, candidate: Answers) -> float:
    """Mean KL(reference || candidate) in nats, from 0 for equal probabilities; computed in float64."""
    # Rounding alone could put equal answers a hair below 0.
    return max(0.0, float(divergences(reference, candidate).mean()))


def divergences(reference: Answers, candidate: Answers) -> Floats:
    """KL(reference || candidate) of each face, nats, float64 `[N]`; a hair below 0 where rounding puts it there."""
    first, second = (_log_softmax(answers.logits.astype(np.float64)) for answers in (reference, candidate))
    return np.asarray((np.exp(first) * (first - second)).sum(axis=1))


def mcnemar(lost: int, gained: int) -> McNemar:
    """Two-sided test that as many faces are lost as gained (McNemar 1947; Edwards' continuity correction)."""
    pairs = lost + gained
    if pairs < EXACT_BELOW:
        tail = sum(math.comb(pairs, few) for few in range(min(lost, gained) + 1)) / 2**pairs
        return McNemar("exact binomial", None, min(1.0, 2 * tail))
    statistic = max(0, abs(lost - gained) - 1) ** 2 / pairs
    return McNemar("chi-square with continuity correction", statistic, math.erfc(math.sqrt(statistic / 2)))


def _changes(answers: Answers, first: Right, second: Right, differences: Floats) -> dict[str, Change]:
    found = {}
    for place, name in enumerate(answers.emotions):
        member = answers.truth == place
        faces = int(member.sum())
        found[name] = Change(
            faces=faces,
            lost=int((first & ~second)[member].sum()),
            gained=int((~first & second)[member].sum()),
            reference=float(first[member].mean()) if faces else None,
            candidate=float(second[member].mean()) if faces else None,
            interval=Interval.of(differences[:, place] / faces) if faces else None,
        )
    return dict(sorted(found.items(), key=lambda item: math.inf if not item[1].faces else item[1].difference or 0.0))


def _log_softmax(logits: Floats) -> Floats:
    return np.asarray(logits - np.logaddexp.reduce(logits, axis=1, keepdims=True))
