"""An audit in words: what the terminal and the page both say."""

from __future__ import annotations

from collections.abc import Sequence

from edgefer.data.audit.findings import BLANK, BRIGHT, DARK, Audit, Group, Light, Pair
from edgefer.data.audit.near import RADIUS, THRESHOLD
from edgefer.data.audit.tally import tally
from edgefer.table import text_table

# Groups and pairs that the terminal shows.
_TOP = 5

_FOUND = (
    ("faces", "faces"),
    ("blank, one gray level", "blank"),
    ("almost blank", "almost_blank"),
    ("same picture again in the split", "identical"),
    ("same picture, another label", "conflicting"),
    ("same picture in an earlier split", "leaked"),
    ("near duplicate in an earlier split", "near_leaked"),
    ("near duplicate in the split", "near"),
    ("left out by the list", "left_out"),
)

LIGHT_HEAD = ("split", "emotion", "faces", "share %", "brightness", "spread", "dark %", "bright %")


def subject(audit: Audit) -> str:
    """What was audited, in a line."""
    height, width = audit.size
    plural = "s" if len(audit.splits) > 1 else ""
    return f"{audit.dataset}: {audit.faces:,} faces {height}x{width} px in {len(audit.splits)} split{plural}"


def found_rows(audit: Audit) -> tuple[list[str], list[list[str]]]:
    """Head and rows of the table of findings: faces of each split."""
    counts = tally(audit)
    rows = [[words, *(f"{getattr(one, key):,}" for one in counts.values())] for words, key in _FOUND]
    return ["faces found", *counts], rows


def light_rows(audit: Audit) -> list[list[str]]:
    """Rows under `LIGHT_HEAD`: each split as a whole, then its classes."""
    rows = []
    for name, split in audit.splits.items():
        for title, light in {"all": split.light, **split.classes}.items():
            rows.append([name, title, *_light(light, split.light.faces)])
    return rows


def groups_line(audit: Audit) -> str:
    """Pictures rather than faces: how many groups and pairs there are."""
    across = f"{len(audit.leaks):,} of them in several splits, {len(audit.conflicts):,} with different labels"
    near = f"{len(audit.near):,} pairs of near duplicates, {len(audit.near_leaks):,} of them across splits"
    return f"{len(audit.identical):,} pictures stand there more than once, {across}; {near}"


def near_line(audit: Audit) -> str:
    """Which setting made the list."""
    if audit.near_excluded:
        return "near duplicates of an earlier split are on the exclusion list (--near); those within a split are not"
    return "near duplicates are not on the exclusion list (--no-near)"


def method(audit: Audit) -> list[str]:
    """How it was found, for small print."""
    return [
        "Same picture: every pixel is equal.",
        f"Near duplicate: 64-bit perceptual hashes (Zauner 2010) through seven windows differ in at most {RADIUS} bits, "
        f"as they are or mirrored, and the details of the pictures, shifted and zoomed, correlate by {THRESHOLD:g} or "
        "more. What is listed is one photograph, with few exceptions; some pairs that are shifted far are not found.",
        f"Blank: gray levels spread by less than {BLANK:g} of 255. Brightness: mean gray level of a face; dark is below "
        f"{DARK:g}, bright above {BRIGHT:g}. Spread: of the faces' brightness.",
        "Positions count from 0 in the split. An earlier split is one that stands further left; Training is the first.",
        f"Exclusion list: {near_line(audit)}.",
    ]


def report(audit: Audit) -> str:
    """The findings for a terminal."""
    head, rows = found_rows(audit)
    parts = [subject(audit), text_table(head, rows), f"{groups_line(audit)}."]
    if audit.identical:
        parts.append("same picture most often:\n" + _lines([group_text(group) for group in audit.identical]))
    if audit.near:
        parts.append("near duplicates, across splits first:\n" + _lines([pair_text(pair) for pair in audit.near]))
    parts.append(text_table(LIGHT_HEAD, light_rows(audit), left=2))
    parts += [f"warning: {warning}" for warning in audit.warnings]
    return "\n\n".join(parts)


def group_text(group: Group) -> str:
    """`5 times: Training 3 anger, ...`."""
    shown = ", ".join(f"{place} {place.label}" for place in group.places[:_TOP])
    rest = f" and {len(group.places) - _TOP} more" if len(group.places) > _TOP else ""
    return f"{len(group.places)} times: {shown}{rest}"


def pair_text(pair: Pair) -> str:
    """`0.981 mirrored: Training 3 anger, PublicTest 9 sad`."""
    how = " mirrored" if pair.mirrored else ""
    return f"{pair.correlation:.3f}{how}: {pair.first} {pair.first.label}, {pair.second} {pair.second.label}"


def _lines(texts: Sequence[str]) -> str:
    rest = [f"  and {len(texts) - _TOP:,} more"] if len(texts) > _TOP else []
    return "\n".join([*(f"  {text}" for text in texts[:_TOP]), *rest])


def _light(light: Light, total: int) -> list[str]:
    share = f"{100 * light.faces / total:.1f}" if total else "-"
    if light.mean is None or light.spread is None:
        return [f"{light.faces:,}", share, "-", "-", "-", "-"]
    return [
        f"{light.faces:,}",
        share,
        f"{light.mean:.0f}",
        f"{light.spread:.0f}",
        f"{100 * light.dark:.1f}",
        f"{100 * light.bright:.1f}",
    ]
