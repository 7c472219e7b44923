"""A gate: how far a candidate may fall behind its reference, overall and for any one emotion."""

from __future__ import annotations

from dataclasses import dataclass

from edgefer.errors import CheckFailed, UsageError
from edgefer.evaluate.comparison import Change, Comparison

# One face of fewer than this is more than one percentage point of its emotion's recall.
FEW = 100
# Far below one face of any set, far above rounding.
_TINY = 1e-9


@dataclass(frozen=True)
class Verdict:
    """What a gate found. Limits in percentage points, None where not set. failures: one phrase each, worst first.

    notes: what the figures of emotions with few faces are worth.
    """

    candidate: str
    reference: str
    max_drop: float | None
    max_class_drop: float | None
    failures: tuple[str, ...]
    notes: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether every limit is held."""
        return not self.failures

    def check(self) -> None:
        """Raise CheckFailed, naming what fell and by how much, unless it passed."""
        if not self.passed:
            raise CheckFailed(
                f"{self.candidate} falls too far below {self.reference}: {'; '.join(self.failures)}",
                "keep the reference, or raise the limit if the fall is worth it",
            )


def check_limits(max_drop: float | None, max_class_drop: float | None) -> None:
    """Raise UsageError for a limit that is no number of percentage points."""
    for name, limit in (("--max-drop", max_drop), ("--max-class-drop", max_class_drop)):
        if limit is not None and not 0 <= limit <= 100:
            raise UsageError(f"{name} {limit:g} is no number of percentage points", f"use 0 to 100, such as {name} 1")


def judge(comparison: Comparison, max_drop: float | None = None, max_class_drop: float | None = None) -> Verdict:
    """Hold a comparison against limits in percentage points of accuracy and of any emotion's recall.

    A fall of just the limit passes. Raises as `check_limits`.
    """
    check_limits(max_drop, max_class_drop)
    failures, notes = [], []
    if max_class_drop is not None:
        for name, change in comparison.changes.items():
            if change.difference is None or change.reference is None or change.candidate is None:
                continue
            if -100 * change.difference > max_class_drop + _TINY:
                failures.append(_fell(name, change.reference, change.candidate, max_class_drop))
            if change.faces < FEW:
                notes.append(_few(name, change))
    if max_drop is not None and -100 * comparison.difference > max_drop + _TINY:
        failures.append(_fell("accuracy", *comparison.accuracies, max_drop))
    return Verdict(comparison.candidate, comparison.reference, max_drop, max_class_drop, tuple(failures), tuple(notes))


def points(difference: float) -> str:
    """A difference of two shares in percentage points with its sign, such as `-1.3`."""
    return f"{100 * difference:+.1f}"


def _few(name: str, change: Change) -> str:
    start = f"{name} has {change.faces} faces, so one face is {100 / change.faces:.1f} points; "
    if change.interval is None or change.difference is None or not change.lost + change.gained:
        return f"{start}none of them changed between right and wrong"
    low, high = points(change.interval.low), points(change.interval.high)
    return f"{start}its change of {points(change.difference)} has a 95 % interval of {low} to {high}"


def _fell(name: str, before: float, after: float, limit: float) -> str:
    fall = 100 * (before - after)
    return f"{name} fell by {fall:.2f} points, from {before:.1%} to {after:.1%} (at most {limit:g} allowed)"
