"""Accuracy-aware INT8: convolutions are left in float, worst first, until a network's accuracy holds.

The order comes from the sensitivity, measured on other faces than those that judge, so that no layer is chosen for the
very faces that the limits are reported on. When to stop is decided on the judging faces, and the result says so.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from edgefer.errors import BuildError, CheckFailed, UsageError
from edgefer.evaluate.answers import Answers
from edgefer.evaluate.comparison import Comparison, compare
from edgefer.evaluate.gate import Verdict, check_limits, judge
from edgefer.evaluate.record import comparison_record, gate_record
from edgefer.quantize.sensitivity import Ask, Sensitivity


class Reason(str, Enum):
    """Why a search stopped."""

    HELD = "limits hold"
    USELESS = "nothing to gain"
    EXHAUSTED = "no convolution left"


@dataclass(frozen=True)
class Limits:
    """How far accuracy, and the recall of any emotion, may fall below float32's; percentage points, None for no limit."""

    max_drop: float | None = None
    max_class_drop: float | None = None

    def __post_init__(self) -> None:
        check_limits(self.max_drop, self.max_class_drop)
        if self.max_drop is None and self.max_class_drop is None:
            raise UsageError("a search needs a limit to hold", "name --max-drop, --max-class-drop or both")


@dataclass(frozen=True)
class Attempt:
    """One file held against the float32 one. left: the convolutions that it leaves in float, worst first."""

    left: tuple[str, ...]
    comparison: Comparison
    verdict: Verdict

    @property
    def drop(self) -> float:
        """By how many points accuracy fell; below 0 where it rose."""
        return _fall(self.comparison.difference)

    @property
    def class_drop(self) -> float:
        """By how many points the recall of `worst` fell; below 0 where all rose."""
        return self.class_drops[self.worst]

    @property
    def worst(self) -> str:
        """The emotion that fell furthest."""
        return next(iter(self.class_drops))

    @property
    def class_drops(self) -> dict[str, float]:
        """By how many points the recall of each emotion that has faces fell, furthest first."""
        changes = self.comparison.changes.items()
        return {name: _fall(change.difference) for name, change in changes if change.difference is not None}

    @property
    def excess(self) -> float:
        """Points beyond the limit that is missed by most; at most 0 where all hold."""
        pairs = ((self.drop, self.verdict.max_drop), (self.class_drop, self.verdict.max_class_drop))
        return max(drop - limit for drop, limit in pairs if limit is not None)

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "left_in_float": list(self.left),
            "accuracy": self.comparison.accuracies[1],
            "drop_points": self.drop,
            "class_drop_points": self.class_drops,
            "comparison": comparison_record(self.comparison),
            "gate": gate_record(self.verdict),
        }


@dataclass(frozen=True)
class Exclusion:
    """What was left in float, in which order, and why the search stopped.

    layers: all convolutions that INT8 could quantise. attempts: beginning with all of them in INT8. without: the same
    file without any INT8, None where the first attempt held. sensitivity: the order, None where none was needed.
    dataset, split, faces, data_sha256: what judged.
    """

    model: str
    layers: tuple[str, ...]
    limits: Limits
    dataset: str
    split: str
    faces: int
    data_sha256: str
    attempts: tuple[Attempt, ...]
    without: Attempt | None
    sensitivity: Sensitivity | None
    reason: Reason

    @property
    def last(self) -> Attempt:
        """The attempt at which the search stopped."""
        return self.attempts[-1]

    @property
    def nearest(self) -> Attempt:
        """The attempt that comes nearest to the limits, or holds them; the earliest of equals."""
        return min(self.attempts, key=lambda attempt: max(attempt.excess, 0.0))

    @property
    def left(self) -> tuple[str, ...]:
        """The convolutions that `nearest` leaves in float, worst first."""
        return self.nearest.left

    @property
    def why(self) -> str:
        """Why the search stopped, in words."""
        count = len(self.layers)
        if self.reason is Reason.HELD:
            return f"limits hold with {len(self.left)} of {count} convolutions in float"
        if self.reason is Reason.USELESS:
            return "nothing to gain, for the file without any INT8 misses a limit too"
        return f"no convolution left, {len(self.left)} of {count} in float came nearest"

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures must know."""
        found = []
        if self.sensitivity is not None:
            ranked = self.sensitivity
            found.append(
                f"the order was measured on {ranked.faces:,} faces of {ranked.dataset} {ranked.split}, none of which set"
                " an INT8 range"
            )
        if len(self.attempts) > 1:
            found.append(f"{self.split} decided when to stop, so its figures lean to the good side")
        return (*found, *self.nearest.verdict.notes)

    def check(self) -> None:
        """Raise CheckFailed, naming the limits that are missed and by how much, unless they hold."""
        if self.reason is Reason.HELD:
            return
        nearest = self.nearest
        raise CheckFailed(
            f"INT8 of {self.model} misses a limit on {self.dataset} {self.split}: {'; '.join(nearest.verdict.failures)};"
            f" {self.why}",
            f"allow it, if the fall is worth it: {_allowing(nearest)}; or use --precision fp16",
        )

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "model": self.model,
            "convolutions": list(self.layers),
            "limits": asdict(self.limits),
            "judged_on": {
                "dataset": self.dataset,
                "split": self.split,
                "faces": self.faces,
                "data_sha256": self.data_sha256,
            },
            "held": self.reason is Reason.HELD,
            "reason": self.reason.value,
            "why": self.why,
            "left_in_float": list(self.left),
            "attempts": [attempt.to_dict() for attempt in self.attempts],
            "without_int8": self.without.to_dict() if self.without else None,
            "sensitivity": self.sensitivity.to_dict() if self.sensitivity else None,
            "notes": list(self.notes),
        }


def exclude(
    layers: Sequence[str],
    reference: Answers,
    ask: Ask,
    rank: Callable[[], Sensitivity],
    limits: Limits,
    tell: Callable[[Attempt], None] = lambda _attempt: None,
) -> Exclusion:
    """Leave convolutions in float, worst first, until the limits hold.

    layers: those that INT8 can quantise. reference: what the float32 file says of the judging faces; `ask` says what
    others do. `rank` is called only where all INT8 misses a limit and no INT8 at all would hold it. `tell` hears of each
    attempt. The last convolution is never left in float: that would be no INT8. Raises BuildError when there is none.
    """
    if not layers:
        raise BuildError(f"{reference.card.name} has no convolution to quantise", "build with --precision fp16")

    def attempt(left: Collection[str]) -> Attempt:
        comparison = compare(reference, ask(left))
        made = Attempt(tuple(left), comparison, judge(comparison, limits.max_drop, limits.max_class_drop))
        tell(made)
        return made

    attempts, without, sensitivity = [attempt(())], None, None
    reason = Reason.HELD
    if not attempts[0].verdict.passed:
        without = attempt(layers)
        if without.verdict.passed:
            sensitivity = rank()
            reason = _leave(sensitivity.ranking, attempt, attempts)
        else:
            reason = Reason.USELESS
    return Exclusion(
        model=reference.card.name,
        layers=tuple(layers),
        limits=limits,
        dataset=reference.faces.name,
        split=reference.faces.split,
        faces=len(reference.faces),
        data_sha256=reference.faces.sha256,
        attempts=tuple(attempts),
        without=without,
        sensitivity=sensitivity,
        reason=reason,
    )


def _leave(ranking: Sequence[str], attempt: Callable[[Collection[str]], Attempt], attempts: list[Attempt]) -> Reason:
    """Add attempts, each with one convolution more in float, until one holds."""
    for count in range(1, len(ranking)):
        attempts.append(attempt(ranking[:count]))
        if attempts[-1].verdict.passed:
            return Reason.HELD
    return Reason.EXHAUSTED


def _fall(difference: float) -> float:
    # Adding zero makes 0 of -0.
    return -100 * difference + 0.0


def _allowing(attempt: Attempt) -> str:
    """The options under which an attempt would have held."""
    drops = {"--max-drop": (attempt.drop, attempt.verdict.max_drop)}
    drops["--max-class-drop"] = (attempt.class_drop, attempt.verdict.max_class_drop)
    return " ".join(
        # Rounded up, so that the line as typed is enough.
        f"{name} {max(limit, math.ceil(100 * drop) / 100):g}"
        for name, (drop, limit) in drops.items()
        if limit is not None
    )
