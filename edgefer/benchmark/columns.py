"""Tables that keep only what somebody measured: columns without a figure go, and each head can explain itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from textwrap import wrap

from edgefer.benchmark.formats import NOTHING
from edgefer.benchmark.result import Row
from edgefer.table import text_table


@dataclass(frozen=True)
class Column:
    """One figure of every row. says: what a newcomer must know to read it, as `head: meaning`; may be empty."""

    head: str
    cell: Callable[[Row], str]
    says: str = ""


@dataclass(frozen=True)
class Table:
    """A title, heads and rows of text; the first `left` columns are names. says: what its heads mean.

    A row shorter than `head` ends in the reason that it has no figures.
    """

    title: str
    head: list[str]
    rows: list[list[str]]
    left: int = 2
    says: tuple[str, ...] = ()


def fill(
    title: str,
    names: Sequence[Column],
    columns: Sequence[Column],
    rows: Sequence[Row],
    why: Callable[[Row], str] = lambda _row: "",
) -> Table | None:
    """The table of the columns in which any row has a figure; None when there is no such column.

    why: the reason that a row has no figures, which stands in their place. A row with neither is left out.
    """
    texts = [[column.cell(row) for column in columns] for row in rows]
    shown = [place for place in range(len(columns)) if any(line[place] != NOTHING for line in texts)]
    if not shown:
        return None
    lines = []
    for row, line in zip(rows, texts, strict=True):
        kept = [line[place] for place in shown]
        name = [column.cell(row) for column in names]
        if any(cell != NOTHING for cell in kept):
            lines.append([*name, *kept])
        elif why(row):
            lines.append([*name, why(row)])
    says = [columns[place].says for place in shown if columns[place].says]
    heads = [*(column.head for column in names), *(columns[place].head for place in shown)]
    return Table(title, heads, lines, len(names), tuple(dict.fromkeys(says)))


def as_text(table: Table, width: int) -> str:
    """A table's title and lines of at most `width` signs; what does not fit goes on below, under the same names.

    Only names that are too long by themselves pass the width.
    """
    parts = [text_table(head, rows, table.left) for head, rows in _pieces(table, width)]
    return f"{table.title}\n" + "\n\n".join(parts)


def _pieces(table: Table, width: int) -> Iterator[tuple[list[str], list[list[str]]]]:
    whole = [row for row in table.rows if len(row) == len(table.head)]
    sizes = [max(len(row[place]) for row in (table.head, *whole)) for place in range(len(table.head))]
    # Names of rows without figures stand in the same columns.
    for place in range(table.left):
        sizes[place] = max([sizes[place], *(len(row[place]) for row in table.rows)])
    begin = sum(sizes[: table.left]) + 2 * (table.left - 1)
    groups: list[list[int]] = [[]]
    used = begin
    for place in range(table.left, len(table.head)):
        if groups[-1] and used + 2 + sizes[place] > width:
            groups.append([])
            used = begin
        groups[-1].append(place)
        used += 2 + sizes[place]
    for number, group in enumerate(groups):
        places = [*range(table.left), *group]
        # Rows without figures keep their reason, in the first piece alone.
        chosen = whole if number else table.rows
        lines = [_line(row, places, table, width - begin - 2) for row in chosen]
        yield [table.head[place] for place in places], [row for rows in lines for row in rows]


def _line(row: list[str], places: Sequence[int], table: Table, room: int) -> list[list[str]]:
    """The figures of a row in these columns, or its reason in lines of `room` signs."""
    if len(row) == len(table.head):
        return [[row[place] for place in places]]
    reasons = wrap(row[-1], max(room, 20)) or [""]
    return [[*row[:-1], reasons[0]], *([*[""] * table.left, reason] for reason in reasons[1:])]
