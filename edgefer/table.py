"""Plain-text tables: columns aligned by spaces, nothing drawn."""

from __future__ import annotations

from collections.abc import Sequence


def text_table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Lines of equal columns; the first `left` columns are flush left, the others flush right.

    A row shorter than `head` ends in a text that may run over the columns it lacks. No trailing spaces, no final newline.
    """
    full = [head, *(row for row in rows if len(row) == len(head))]
    # The last cell of a short row runs free, the ones before it still set the width.
    free = [row[:-1] for row in rows if len(row) < len(head)]
    widths = [max(len(row[column]) for row in (*full, *free) if column < len(row)) for column in range(len(head))]

    def line(row: Sequence[str]) -> str:
        tail = len(row) - 1 if len(row) < len(head) else len(row)
        cells = [
            cell if column >= tail else cell.ljust(width) if column < left else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=False))
        ]
        return "  ".join(cells).rstrip()

    return "\n".join(line(row) for row in (head, *rows))
