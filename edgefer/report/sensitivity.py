"""The page that `edgefer sensitivity --html` writes."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from edgefer.evaluate.gate import points
from edgefer.quantize import sensitivity_text as words
from edgefer.quantize.sensitivity import Sensitivity
from edgefer.report import page, sensitivity_plots
from edgefer.report.page import Html, Section


def write(path: Path, found: Sensitivity) -> None:
    """Write a sensitivity as a page, atomically."""
    page.write_page(path, f"INT8 sensitivity of {found.model}", f"{lead(found)}.", sections(found))


def lead(found: Sensitivity) -> str:
    """What was asked, as a sentence without its stop."""
    asked = words.where(found)
    return f"{asked[0].upper()}{asked[1:]}; all else in FP32"


def sections(found: Sensitivity) -> list[Section]:
    """Which layers hurt, whom, and the figures."""
    worst, together = found.effects[0], found.together
    pairs = [
        ("worst convolution", worst.layer),
        ("labels that it changes", f"{1 - worst.same_label:.1%}"),
        ("labels that all INT8 changes", f"{1 - together.same_label:.1%}"),
        ("accuracy with all INT8", f"{points(together.accuracy - found.accuracy)} points"),
    ]
    return [
        Section("Which layers", [page.facts(pairs), _by_layer(found)]),
        Section("For which emotion", [_by_emotion(found)]),
        Section(
            "Figures",
            [
                page.table("Worst first; changes in percentage points", words.head(found), words.rows(found)),
                page.notes([f"{note[0].upper()}{note[1:]}." for note in words.notes(found)]),
            ],
        ),
    ]


def _by_layer(found: Sensitivity) -> Html:
    said = "; ".join(f"{effect.layer}: {1e3 * effect.divergence:.3f}" for effect in found.effects)
    caption = (
        "How far INT8 in one convolution alone takes the answers from FP32's. Leave the longest bars in float first:"
        " edgefer build-engine --precision int8 --max-drop 0.5 --max-class-drop 1.5 does, as far as it is needed."
    )
    return page.figure(
        partial(sensitivity_plots.by_layer, found), caption, f"Divergence by convolution, thousandths of a nat. {said}."
    )


def _by_emotion(found: Sensitivity) -> Html:
    said = []
    for effect in found.effects:
        name, change = min(found.changes(effect).items(), key=lambda item: item[1])
        said.append(f"{effect.layer}: {name} {points(change)}")
    caption = (
        "The same over the faces of each emotion: a longer bar means that its answers move further. The numbers are what"
        " INT8 in that convolution does to the emotion's recall, in percentage points."
    )
    return page.figure(
        partial(sensitivity_plots.by_emotion, found),
        caption,
        f"The emotion that each convolution costs most, in percentage points. {'; '.join(said)}.",
    )
