"""An evaluation as a section of a page."""

from __future__ import annotations

from functools import partial

from edgefer.evaluate.evaluate import Evaluation
from edgefer.report import page, plots
from edgefer.report.page import Html, Section


def section(evaluation: Evaluation, title: str = "") -> Section:
    """Headline figures, a table by emotion, and the confusion matrix."""
    return Section(
        title or f"Accuracy of {evaluation.model}", [headline(evaluation), by_emotion(evaluation), matrix(evaluation)]
    )


def headline(evaluation: Evaluation) -> Html:
    """The four figures of the whole set."""
    return page.facts(
        [
            ("accuracy", f"{evaluation.accuracy:.1%}"),
            ("balanced accuracy", f"{evaluation.balanced_accuracy:.1%}"),
            ("macro F1", f"{evaluation.macro_f1:.3f}"),
            ("faces", f"{evaluation.faces:,}"),
        ]
    )


def by_emotion(evaluation: Evaluation) -> Html:
    """Recall, precision and F1 of each emotion."""
    rows = [
        [name, f"{score.faces:,}", percent(score.recall), percent(score.precision), percent(score.f1)]
        for name, score in evaluation.scores.items()
    ]
    caption = f"{evaluation.model} ({evaluation.backend}) on {evaluation.dataset} {evaluation.split}, in per cent"
    return page.table(caption, ["emotion", "faces", "recall", "precision", "F1"], rows)


def matrix(evaluation: Evaluation) -> Html:
    """The confusion matrix; its words name the commonest mistake."""
    mistakes = [
        (int(count), evaluation.emotions[true], evaluation.emotions[said])
        for true, counts in enumerate(evaluation.confusion)
        for said, count in enumerate(counts)
        if true != said and count
    ]
    words = "No face was given a wrong label."
    if mistakes:
        count, true, said = max(mistakes)
        words = f"The commonest mistake: {count:,} faces of {true} were called {said}."
    caption = f"Each row is one true emotion and adds up to 100 %; the diagonal is recall. {words}"
    draw = partial(plots.confusion, evaluation.confusion, evaluation.emotions)
    return page.figure(draw, caption, f"Confusion matrix of {evaluation.model}. {words}")


def percent(value: float | None) -> str:
    """`61.3`, or a dash for what has no value."""
    return "-" if value is None else f"{100 * value:.1f}"
