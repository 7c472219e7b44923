"""What INT8 in each convolution does, and what was left in float, in words and tables for people."""

from __future__ import annotations

from edgefer.evaluate.gate import points
from edgefer.quantize.exclusion import Attempt, Exclusion, Limits
from edgefer.quantize.sensitivity import Effect, Sensitivity
from edgefer.table import text_table

ATTEMPT_HEAD = ("left in float", "accuracy %", "points lost", "by the emotion that lost most")


def sensitivity_text(found: Sensitivity) -> str:
    """A row a convolution, worst first, then all of them together."""
    return "\n".join(
        (
            f"{found.model} ({found.backend}): {where(found)}",
            f"FP32 labels {found.accuracy:.2%} of them right",
            "",
            text_table(head(found), rows(found)),
            "",
            *(f"note: {note}" for note in notes(found)),
        )
    )


def where(found: Sensitivity) -> str:
    """What was asked, such as `each of 12 convolutions alone in INT8, on 1,024 faces of fer2013 Training`."""
    return f"each of {len(found.effects)} convolutions alone in INT8, on {found.faces:,} faces of {found.dataset} {found.split}"


def head(found: Sensitivity) -> tuple[str, ...]:
    """Of `rows`."""
    return ("convolution", "KL, mnat", "same label %", "accuracy", *found.recall)


def rows(found: Sensitivity) -> list[list[str]]:
    """A row a convolution, worst first, then all of them together; changes in percentage points."""
    return [_row(found, effect) for effect in (*found.effects, found.together)]


def notes(found: Sensitivity) -> tuple[str, ...]:
    """What the columns mean, and how far to believe them."""
    fewest = min(count for count in found.counts.values() if count)
    return (
        "KL: mean divergence of INT8's probabilities from FP32's in thousandths of a nat; it sorts the table",
        "accuracy and emotions: change of accuracy and recall in percentage points; one face is"
        f" {100 / found.faces:.2f} points of accuracy and up to {100 / fewest:.1f} of an emotion's recall, so most of"
        " these changes may be chance",
    )


def exclusion_text(found: Exclusion) -> str:
    """The limits, a row an attempt, and why the search stopped."""
    before = found.last.comparison.accuracies[0]
    lines = [
        f"INT8 of {found.model} on {found.faces:,} faces of {found.dataset} {found.split}, where FP32 has {before:.2%}:"
        f" {limits_text(found.limits)}",
        "",
        text_table(ATTEMPT_HEAD, attempt_rows(found)),
        "",
        *_order(found),
        found.why + (f": {', '.join(found.left)}" if found.left else ""),
        *(f"note: {note}" for note in found.notes),
    ]
    return "\n".join(lines)


def limits_text(limits: Limits) -> str:
    """Such as `at most 0.5 points of accuracy and 1.5 of any emotion's recall may be lost`."""
    parts = [] if limits.max_drop is None else [f"{limits.max_drop:g} points of accuracy"]
    parts += [] if limits.max_class_drop is None else [f"{limits.max_class_drop:g} points of any emotion's recall"]
    return f"at most {' and '.join(parts)} may be lost"


def attempt_rows(found: Exclusion) -> list[list[str]]:
    """Under `ATTEMPT_HEAD`: all INT8, then what each further convolution in float gives, then no INT8 at all."""
    named = [("nothing", found.attempts[0]), *((f"+ {attempt.left[-1]}", attempt) for attempt in found.attempts[1:])]
    named += [("everything", found.without)] if found.without else []
    return [_attempt_row(name, attempt) for name, attempt in named]


def attempt_line(attempt: Attempt) -> str:
    """An attempt in one line, as it is told while the search runs."""
    worst = attempt.comparison.changes[attempt.worst].difference or 0.0
    return (
        f"accuracy {points(attempt.comparison.difference)} points, {attempt.worst} {points(worst)}:"
        f" {'the limits hold' if attempt.verdict.passed else 'not within the limits'}"
    )


def _order(found: Exclusion) -> list[str]:
    if found.sensitivity is None:
        return []
    effects = ", ".join(f"{effect.layer} {1e3 * effect.divergence:.3f}" for effect in found.sensitivity.effects)
    return [f"order, by the KL divergence that INT8 in each alone brings (mnat): {effects}"]


def _row(found: Sensitivity, effect: Effect) -> list[str]:
    changes = found.changes(effect)
    return [
        effect.layer,
        f"{1e3 * effect.divergence:.3f}",
        f"{100 * effect.same_label:.1f}",
        points(effect.accuracy - found.accuracy),
        *(points(changes[name]) if name in changes else "-" for name in found.recall),
    ]


def _attempt_row(name: str, attempt: Attempt) -> list[str]:
    change = attempt.comparison.changes[attempt.worst]
    net = change.lost - change.gained
    of = f", {net} of {change.faces} faces"
    return [
        name,
        f"{100 * attempt.comparison.accuracies[1]:.2f}",
        f"{attempt.drop:.2f}",
        f"{attempt.class_drop:.2f} ({attempt.worst}{of if net > 0 else ''})",
    ]
