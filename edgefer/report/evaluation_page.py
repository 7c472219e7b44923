"""The page that `edgefer evaluate --html` writes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edgefer.evaluate import words
from edgefer.evaluate.comparison import Comparison
from edgefer.evaluate.result import Against, EvaluationResult
from edgefer.report import evaluation as parts
from edgefer.report import evaluation_plots, page
from edgefer.report.evaluation_markdown import title
from edgefer.report.page import Html, Section


def write(path: Path, result: EvaluationResult) -> None:
    """Write a result as a page, atomically."""
    page.write_page(path, title(result), f"On {words.where(result.evaluation)}.", sections(result))


def sections(result: EvaluationResult) -> list[Section]:
    """With a reference what changed, then how accurate the model is, for whom, and how far its certainty goes."""
    found = result.evaluation
    shown = [_changes(result.against)] if result.against else []
    warnings = [page.text(f"Warning: {warning}.") for warning in result.warnings]
    shown.append(Section("Accuracy", [*warnings, parts.headline(found), _protocols(result)]))
    if result.against is None:
        shown += [
            Section("By emotion", [parts.recalls(found), parts.by_emotion(found)]),
            Section("What is taken for what", [parts.matrix(found)]),
        ]
    else:
        named = {"candidate": found, "reference": result.against.reference.official}
        tables = [one for name, model in named.items() for one in (page.heading(name), parts.by_emotion(model))]
        matrices = [one for name, model in named.items() for one in (page.heading(name), parts.matrix(model, name))]
        shown += [
            Section("By emotion", [parts.recalls_of(named), *tables]),
            Section("What is taken for what", matrices),
        ]
    shown.append(Section("How sure, how right", [parts.reliability(found)]))
    if result.protocols.second is not None and result.protocols.left_out:
        second = result.protocols.second
        shown.append(Section(f"By emotion, {second.protocol}", [parts.by_emotion(second)]))
    shown.append(Section("Notes", [page.notes(words.notes(result))]))
    return shown


def _protocols(result: EvaluationResult) -> Html:
    caption = "In per cent, but for the negative log-likelihood (nats) and the Brier score"
    if result.against is None:
        rows = [words.protocol_row(one) for one in result.protocols.both]
        return page.table(caption, words.PROTOCOL_HEAD, rows)
    head, rows = words.model_rows(result.protocols, result.against.reference)
    return page.table(caption, head, rows, left=2)


def _changes(against: Against) -> Section:
    found = against.comparison
    lines = words.comparison_lines(found)
    if against.verdict is not None:
        lines.insert(0, words.verdict_line(against.verdict, found))
    body = [page.text(f"{line[0].upper()}{line[1:]}.") for line in lines]
    body += [_flips(found), page.table("Those that fell furthest first", words.CHANGE_HEAD, words.change_rows(found))]
    return Section("What changed", body)


def _flips(found: Comparison) -> Html:
    said = "; ".join(
        f"{name}: {change.lost:,} became wrong, {change.gained:,} became right"
        for name, change in found.changes.items()
    )
    caption = (
        "Faces whose label changed between right and wrong. Equal bars mean that faces near a border changed sides; a "
        "longer left bar means that the emotion is lost."
    )
    return page.figure(
        partial(evaluation_plots.flips, found.changes), caption, f"Faces that changed, by emotion: {said}."
    )
