"""An examination as text for people, at most 100 columns wide but for lines that are to be copied."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence

from edgefer.doctor.examine import Examination
from edgefer.doctor.finding import Finding, Group, Mark, Purpose

WIDTH = 100
MARKS = {Mark.OK: "ok", Mark.WARNING: "warning", Mark.MISSING: "missing", Mark.ABSENT: "-"}


def text(found: Examination) -> str:
    """The table by groups, each fix below its row, then what the machine is ready for."""
    names = max((len(one.name) for one in found.findings), default=0)
    lines: list[str] = []
    for group in Group:
        rows = [one for one in found.findings if one.group is group]
        if rows:
            lines += [group.value, *(line for row in rows for line in _row(row, names)), ""]
    lines.append("Ready for")
    lines += [f"  {purpose.value:<7}  {_ready(found.lacking(purpose))}" for purpose in Purpose]
    return "\n".join(lines)


def _row(one: Finding, names: int) -> Iterator[str]:
    head = f"  {MARKS[one.mark]:<7}  {one.name:<{names}}  "
    room = " " * len(head)
    yield from textwrap.wrap(
        head + one.fact, WIDTH, subsequent_indent=room, break_on_hyphens=False, drop_whitespace=True
    )
    if one.fix:
        yield f"{room[:-2]}> {one.fix}"  # never wrapped: it is to be copied


def _ready(missing: Sequence[Finding]) -> str:
    return f"no: {', '.join(one.name for one in missing)}" if missing else "yes"
