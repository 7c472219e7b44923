"""Memory of a process in a table: by method, each explained, since methods do not count the same things."""

from __future__ import annotations

from functools import partial

from edgefer.benchmark import formats
from edgefer.benchmark.columns import Column
from edgefer.benchmark.memory_methods import METHODS
from edgefer.benchmark.result import MEMORY_METHOD, BenchmarkResult, Row

# Other counts of the same pages, or of what an allocator keeps in reserve; the record has them.
_SECONDARY = frozenset({"PSS", "USS", "peak RSS", "torch reserved"})
# What is in use on the whole GPU says something only where the process's own share is not to be had.
_OWN, _WHOLE = "GPU", "GPU device"


def methods(result: BenchmarkResult) -> list[str]:
    """Methods worth a column, the main one first, in the order in which rows have them."""
    read = dict.fromkeys(method for row in result.rows for cell in row.cells for method in cell.memory)
    hidden = {MEMORY_METHOD, *_SECONDARY, *([_WHOLE] if _OWN in read else [])}
    return [MEMORY_METHOD, *(method for method in read if method not in hidden)]


def added(row: Row, batch: int, method: str) -> int | None:
    """Bytes that the open, warm model added; all that the method counts where it had no value before."""
    cell = row.cell(batch)
    if cell is None or method not in cell.memory:
        return None
    return cell.memory[method] - row.idle.get(method, 0)


def columns(result: BenchmarkResult) -> list[Column]:
    """A column a method at the first and at the last batch size."""
    batches = dict.fromkeys((result.protocol.batches[0], result.protocol.batches[-1]))
    return [
        Column(
            f"{method}, batch {batch}",
            partial(_text, batch, method),
            f"{method}: {METHODS[method]}" if method in METHODS else "",
        )
        for method in methods(result)
        for batch in batches
    ]


def _text(batch: int, method: str, row: Row) -> str:
    return formats.megabytes(added(row, batch, method))
