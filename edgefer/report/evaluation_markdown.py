"""An evaluation as Markdown, to paste into a pull request or a model's page."""

from __future__ import annotations

from pathlib import Path

from edgefer.evaluate import words
from edgefer.evaluate.evaluate import Evaluation
from edgefer.evaluate.result import Against, EvaluationResult
from edgefer.paths import write_text
from edgefer.report import markdown


def write(path: Path, result: EvaluationResult) -> None:
    """Write a result atomically."""
    write_text(path, render(result))


def render(result: EvaluationResult) -> str:
    """The whole result; figures that `edgefer evaluate` prints, and the confusion matrix."""
    found = result.evaluation
    parts = [f"# {markdown.escape(title(result))}", markdown.escape(f"On {words.where(found)}.")]
    if result.warnings:
        parts.append(markdown.bullets([f"Warning: {warning}" for warning in result.warnings]))
    if result.against is not None:
        parts += _comparison(result.against)
    parts += ["## Accuracy", _protocols(result), "## By emotion", _emotions(found), "## Confusion", _matrix(found)]
    parts += ["## Notes", markdown.bullets(words.notes(result))]
    return "\n\n".join(parts) + "\n"


def title(result: EvaluationResult) -> str:
    """What was judged, and against what."""
    if result.against is not None:
        return f"{result.against.comparison.candidate} against {result.against.comparison.reference}"
    return result.evaluation.title


def _comparison(against: Against) -> list[str]:
    found = against.comparison
    lines = words.comparison_lines(found)
    if against.verdict is not None:
        lines = [words.verdict_line(against.verdict, found), *lines]
    return ["## What changed", markdown.bullets(lines), markdown.table(words.CHANGE_HEAD, words.change_rows(found))]


def _protocols(result: EvaluationResult) -> str:
    if result.against is None:
        return markdown.table(words.PROTOCOL_HEAD, [words.protocol_row(one) for one in result.protocols.both])
    return markdown.table(*words.model_rows(result.protocols, result.against.reference), left=2)


def _emotions(found: Evaluation) -> str:
    return markdown.table(words.EMOTION_HEAD, words.emotion_rows(found))


def _matrix(found: Evaluation) -> str:
    """Counts: a row for each true emotion, a column for what the network said."""
    rows = [
        [name, *(f"{count:,}" for count in counts)]
        for name, counts in zip(found.emotions, found.confusion, strict=True)
    ]
    return markdown.table(["true / said", *found.emotions], rows)
