"""The page that `edgefer data audit` writes: findings first, then the pictures they are about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from edgefer.data.audit import words
from edgefer.data.audit.file import check_place
from edgefer.data.audit.findings import Audit, Group, Pair
from edgefer.data.faces import FaceSet
from edgefer.report import audit_plots, page
from edgefer.report.audit_pictures import Exhibit, gallery
from edgefer.report.page import Html, Section

# By these words in its first bytes a page is known as one that an audit wrote.
MARK = "<title>Audit of "

# Findings of one kind that are shown with their pictures; the rest is counted.
_SHOWN = 60

_LEAD = (
    "This file holds pictures of the dataset. Most licences forbid to publish them: keep it where the dataset is kept."
)


def write(path: Path, audit: Audit, sets: Sequence[FaceSet]) -> None:
    """Write the page atomically, over an audit's own page only; raises ArtifactError. sets: those of the audit."""
    check_place(path, MARK)
    page.write_page(path, f"Audit of {audit.dataset}", _LEAD, sections(audit, sets))


def sections(audit: Audit, sets: Sequence[FaceSet]) -> list[Section]:
    """Findings, pictures, light and classes, and how it was done; kinds without a finding have no section."""
    across = [pair for pair in audit.near if pair.first.split != pair.second.split]
    within = [pair for pair in audit.near if pair.first.split == pair.second.split]
    # Blank faces are all one picture and have a section of their own.
    blank = {blank.place for blank in audit.blanks}
    leaks, conflicts, copies = (
        [group for group in groups if group.places[0] not in blank]
        for groups in (audit.leaks, audit.conflicts, audit.identical)
    )
    pictures = (
        ("The same picture in several splits", _shown([_leak(group) for group in leaks], sets)),
        ("Near duplicates across splits", _sampled([_pair(pair) for pair in across], sets)),
        ("Near duplicates within a split", _sampled([_pair(pair) for pair in within], sets)),
        ("The same picture with different labels", _shown([Exhibit(group.places) for group in conflicts], sets)),
        ("The same picture most often", _shown([Exhibit(group.places) for group in copies], sets, _SHOWN // 4)),
        ("Blank faces", _shown([Exhibit([one.place], f"spread {one.spread:g}") for one in audit.blanks], sets)),
    )
    return [
        Section("Findings", _findings(audit)),
        *(Section(title, body) for title, body in pictures if body),
        Section("Brightness and classes", _light(audit)),
        Section("How it was found", [page.notes(words.method(audit))]),
    ]


def _findings(audit: Audit) -> list[Html]:
    head, rows = words.found_rows(audit)
    left_out = sum(len(found) for found in audit.exclude.values())
    pairs = [
        ("faces", f"{audit.faces:,}"),
        ("pictures more than once", f"{len(audit.identical):,}"),
        ("in several splits", f"{len(audit.leaks):,}"),
        ("with different labels", f"{len(audit.conflicts):,}"),
        ("near pairs across splits", f"{len(audit.near_leaks):,}"),
        ("blank", f"{len(audit.blanks):,}"),
        ("on the exclusion list", f"{left_out:,}"),
    ]
    return [
        page.facts(pairs),
        page.table("Faces of each split that something was found about", head, rows),
        page.text(f"{words.near_line(audit).capitalize()}."),
        *(page.text(f"Warning: {warning}.") for warning in audit.warnings),
    ]


def _shown(exhibits: Sequence[Exhibit], sets: Sequence[FaceSet], most: int = _SHOWN) -> list[Html]:
    """The first of them, and how many there are; nothing when there is none."""
    if not exhibits:
        return []
    more = [page.text(f"The first {most} of {len(exhibits):,}; the JSON file lists all.")]
    return [*(more if len(exhibits) > most else []), gallery(exhibits[:most], sets)]


def _sampled(exhibits: Sequence[Exhibit], sets: Sequence[FaceSet]) -> list[Html]:
    """Some of many at even steps, so that the least sure ones are seen too."""
    count = len(exhibits)
    if count <= _SHOWN:
        return _shown(exhibits, sets)
    places = [place * (count - 1) // (_SHOWN - 1) for place in range(_SHOWN)]
    words = f"{_SHOWN} of {count:,}, at even steps from the surest to the least sure; the JSON file lists all."
    return [page.text(words), gallery([exhibits[place] for place in places], sets)]


def _leak(group: Group) -> Exhibit:
    """One face of each split, then the others."""
    first = {place.split: place for place in reversed(group.places)}
    order = sorted(first.values(), key=group.places.index)
    return Exhibit([*order, *(place for place in group.places if place not in order)])


def _pair(pair: Pair) -> Exhibit:
    how = ", mirrored" if pair.mirrored else ""
    return Exhibit([pair.first, pair.second], f"correlation {pair.correlation:.3f}{how}")


def _light(audit: Audit) -> list[Html]:
    means = ", ".join(
        f"{name} {split.light.mean:.0f}" for name, split in audit.splits.items() if split.light.mean is not None
    )
    counts = "; ".join(
        f"{name}: {', '.join(f'{emotion} {light.faces:,}' for emotion, light in split.classes.items())}"
        for name, split in audit.splits.items()
    )
    caption = (
        f"How bright faces are. Left of the first dashed line they are dark, right of the second bright. Mean: {means}."
    )
    return [
        page.figure(partial(audit_plots.brightness, audit), caption, f"Mean gray level: {means}."),
        page.figure(
            partial(audit_plots.coverage, audit), "How faces are spread over the classes.", f"Faces. {counts}."
        ),
        page.table("Brightness and share of each class", words.LIGHT_HEAD, words.light_rows(audit), left=2),
    ]
