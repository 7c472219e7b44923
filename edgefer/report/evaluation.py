"""An evaluation as a section of a page."""

from __future__ import annotations

from functools import partial

from edgefer.evaluate import words
from edgefer.evaluate.evaluate import Evaluation
from edgefer.report import evaluation_plots, page, plots
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
    caption = f"{evaluation.title} on {evaluation.dataset} {evaluation.split}, in per cent"
    if evaluation.protocol != "official":
        caption += f", {evaluation.protocol}"
    head = [name.removesuffix(" %") for name in words.EMOTION_HEAD]
    return page.table(caption, head, words.emotion_rows(evaluation))


def recalls(evaluation: Evaluation) -> Html:
    """Recall of each emotion with its interval."""
    return recalls_of({evaluation.model: evaluation})


def recalls_of(evaluations: dict[str, Evaluation]) -> Html:
    """The same of several models on the same faces, by the name to show."""
    first = next(iter(evaluations.values()))
    series = [
        evaluation_plots.RecallSeries(
            name, [score.recall for score in one.scores.values()], list(one.recall_intervals.values())
        )
        for name, one in evaluations.items()
    ]
    known = {name: score.recall for name, score in first.scores.items() if score.recall is not None}
    worst = min(known, key=known.__getitem__)
    said = f"{worst} is found least often, {known[worst]:.1%} of its {first.scores[worst].faces:,} faces"
    caption = f"How many of each emotion's faces are found, with 95 % intervals: {said}."
    draw = partial(evaluation_plots.recall, first.emotions, series)
    return page.figure(draw, caption, f"Recall by emotion: {said}.")


def reliability(evaluation: Evaluation) -> Html:
    """Whether the network is right as often as it is sure; no figure for an evaluation from counts alone."""
    found = evaluation.reliability
    if found is None:
        return page.text("How sure the network was is not known.")
    confidence = float((found.faces * found.confidence).sum() / found.faces.sum())
    lean = "surer than it is right" if confidence > evaluation.accuracy else "right more often than it is sure"
    said = (
        f"expected calibration error {found.error:.1%}; on average it is {confidence:.1%} sure and "
        f"{evaluation.accuracy:.1%} right, so {lean}"
    )
    caption = (
        f"Bars: how often a label is right, by how sure the network was; on the dashed line the two are equal. "
        f"Dots: the mean probability of each bar's faces. {evaluation.model}: {said}."
    )
    draw = partial(evaluation_plots.reliability, found)
    return page.figure(draw, caption, f"Reliability diagram of {evaluation.model}: {said}.")


def matrix(evaluation: Evaluation, name: str = "") -> Html:
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
    return page.figure(draw, caption, f"Confusion matrix of {name or evaluation.model}. {words}")
