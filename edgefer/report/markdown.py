"""Tables and lists in GitHub's Markdown."""

from __future__ import annotations

from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """A table whose first `left` columns are texts and whose others are numbers, right-aligned."""
    rule = ["---" if column < left else "---:" for column in range(len(head))]
    lines = [[escape(cell) for cell in head], rule, *([escape(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def bullets(lines: Sequence[str]) -> str:
    """One item a line."""
    return "\n".join(f"- {escape(line)}" for line in lines)


def escape(words: str) -> str:
    """Text whose signs stay signs: nothing in it begins markup or ends a table's cell."""
    return "".join(f"\\{sign}" if sign in "\\|`*_<>[]" else sign for sign in words)
