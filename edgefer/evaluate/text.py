"""A result as plain text, most important first."""

from __future__ import annotations

from edgefer.evaluate import words
from edgefer.evaluate.result import Against, EvaluationResult
from edgefer.table import text_table


def render(result: EvaluationResult) -> str:
    """Without a reference: the protocols side by side, then each emotion. With one: the comparison, then the same."""
    parts = _alone(result) if result.against is None else _beside(result, result.against)
    parts.append("\n".join(f"note: {note}" for note in words.notes(result)))
    return "\n\n".join(parts)


def _alone(result: EvaluationResult) -> list[str]:
    found = result.evaluation
    rows = [words.protocol_row(one) for one in result.protocols.both]
    return [
        f"{found.title} on {words.where(found)}",
        text_table(words.PROTOCOL_HEAD, rows),
        text_table(words.EMOTION_HEAD, words.emotion_rows(found)),
    ]


def _beside(result: EvaluationResult, against: Against) -> list[str]:
    comparison = against.comparison
    lines = [
        f"candidate {comparison.candidate}",
        f"reference {comparison.reference}",
        f"on {words.where(result.evaluation)}",
    ]
    parts = [
        "\n".join(lines),
        "\n".join(words.comparison_lines(comparison)),
        text_table(words.CHANGE_HEAD, words.change_rows(comparison)),
        text_table(*words.model_rows(result.protocols, against.reference), left=2),
    ]
    if against.verdict is not None:
        parts.insert(1, words.verdict_line(against.verdict, comparison))
    return parts
