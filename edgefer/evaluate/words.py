"""Figures in words, the same in text, Markdown and HTML."""

from __future__ import annotations

from edgefer.evaluate.bootstrap import LEVEL, RESAMPLES, Interval
from edgefer.evaluate.comparison import Comparison
from edgefer.evaluate.evaluate import Evaluation
from edgefer.evaluate.gate import Verdict, points
from edgefer.evaluate.protocol import Protocols
from edgefer.evaluate.result import EvaluationResult

PROTOCOL_HEAD = ("protocol", "faces", "accuracy %", "balanced %", "macro F1 %", "ECE %", "NLL", "Brier")
EMOTION_HEAD = ("emotion", "faces", "recall %", "precision %", "F1 %")
CHANGE_HEAD = ("emotion", "points", "reference %", "candidate %", "became wrong", "became right", "faces")
INTERVALS = f"in brackets: {100 * LEVEL:.0f} % intervals from {RESAMPLES:,} resamples of the faces"


def percent(value: float | None, interval: Interval | None = None) -> str:
    """`61.3`, or `61.3 (59.8-62.9)` with its interval, or a dash for what has no value."""
    if value is None:
        return "-"
    ends = "" if interval is None else f" ({100 * interval.low:.1f}-{100 * interval.high:.1f})"
    return f"{100 * value:.1f}{ends}"


def where(found: Evaluation) -> str:
    """Faces and views, such as `fer2013 PublicTest, 3,589 faces, single crop`."""
    return f"{found.dataset} {found.split}, {found.faces:,} faces, {found.views}"


def protocol_row(found: Evaluation, *before: str) -> list[str]:
    """The figures of the whole set, under `PROTOCOL_HEAD`; `before` are cells to put in front."""
    known = found.intervals
    return [
        *before,
        found.protocol,
        f"{found.faces:,}",
        percent(found.accuracy, known.accuracy if known else None),
        percent(found.balanced_accuracy, known.balanced_accuracy if known else None),
        percent(found.macro_f1, known.macro_f1 if known else None),
        percent(found.calibration_error, known.calibration_error if known else None),
        f"{found.negative_log_likelihood:.3f}",
        "-" if found.brier is None else f"{found.brier:.3f}",
    ]


def model_rows(candidate: Protocols, reference: Protocols) -> tuple[list[str], list[list[str]]]:
    """Head and rows of two models, each by one or two protocols."""
    named = {"candidate": candidate, "reference": reference}
    rows = [protocol_row(one, name) for name, found in named.items() for one in found.both]
    return ["model", *PROTOCOL_HEAD], rows


def emotion_rows(found: Evaluation) -> list[list[str]]:
    """A row an emotion, under `EMOTION_HEAD`."""
    intervals = found.recall_intervals
    return [
        [
            name,
            f"{score.faces:,}",
            percent(score.recall, intervals[name]),
            percent(score.precision),
            percent(score.f1),
        ]
        for name, score in found.scores.items()
    ]


def change_rows(found: Comparison) -> list[list[str]]:
    """A row an emotion, those that fell furthest first, under `CHANGE_HEAD`."""
    return [
        [
            name,
            "-" if change.difference is None else points(change.difference),
            percent(change.reference),
            percent(change.candidate),
            f"{change.lost:,}",
            f"{change.gained:,}",
            f"{change.faces:,}",
        ]
        for name, change in found.changes.items()
    ]


def comparison_lines(found: Comparison) -> list[str]:
    """The comparison in three sentences: accuracy, its certainty, agreement."""
    before, after = found.accuracies
    return [
        f"accuracy {after:.2%} against {before:.2%}: {change(found.difference)} (95 % interval: {_between(found.interval)})",
        _turned(found),
        f"{found.same_label:.2%} of the faces keep their label; mean KL(reference || candidate) {found.kl:.2g} nats",
    ]


def verdict_line(verdict: Verdict, found: Comparison) -> str:
    """What the gate says, in one sentence."""
    parts = []
    if verdict.max_drop is not None:
        parts.append(f"accuracy {change(found.difference)}, where {verdict.max_drop:g} less is allowed")
    if verdict.max_class_drop is not None:
        name, worst = next(iter(found.changes.items()))
        fell = worst.difference is not None and worst.difference < 0
        what = f"{name}, which fell furthest, {change(worst.difference or 0)}" if fell else "no emotion fell"
        parts.append(f"{what}, where {verdict.max_class_drop:g} less is allowed")
    return f"gate {'passed' if verdict.passed else 'FAILED'}: {'; '.join(parts)}"


def change(difference: float) -> str:
    """A difference of two shares: `0.28 points less`, `1.00 points more` or `no change`."""
    size = f"{abs(100 * difference):.2f}"
    if float(size) == 0:
        return "no change"
    return f"{size} points {'less' if difference < 0 else 'more'}"


def _between(interval: Interval) -> str:
    low, high = change(interval.low), change(interval.high)
    return low if low == high else f"{low} to {high}"


def _turned(found: Comparison) -> str:
    if not found.lost + found.gained:
        return "no face changed between right and wrong"
    test = found.mcnemar
    chance = "chance alone explains that" if test.p >= 0.05 else "chance alone hardly explains that"
    p = "p < 0.001" if test.p < 0.001 else f"p = {test.p:.3f}"
    lost = f"{found.lost:,} face{'s' * (found.lost != 1)} became wrong"
    return f"{lost}, {found.gained:,} became right; {chance} (McNemar's test, {test.method}: {p})"


def notes(result: EvaluationResult) -> tuple[str, ...]:
    """All that a reader of the figures must know."""
    gate = result.against.verdict if result.against else None
    return (INTERVALS, *result.notes, *(gate.notes if gate else ()))
