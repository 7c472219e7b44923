"""Memory of a process in a table: by method, each explained, since methods do not count the same things."""

from __future__ import annotations

from functools import partial

from edgefer.benchmark import formats
from edgefer.benchmark.columns import Column
from edgefer.benchmark.result import MEMORY_METHOD, BenchmarkResult, Row

# Other counts of the same pages; the record has them.
_SECONDARY = frozenset({"PSS", "USS", "peak RSS"})
_SAYS = {
    "RSS": "RSS: in RAM (resident set), warm, less what was there once the runtime was imported",
    "GPU": "GPU: in the GPU's memory, with the CUDA context (NVML)",
    "torch": "torch: the most that torch's own allocator held at once; it sees nothing of the context or of TensorRT",
}


def methods(result: BenchmarkResult) -> list[str]:
    """Methods worth a column, the main one first, in the order in which rows have them."""
    read = dict.fromkeys(method for row in result.rows for cell in row.cells for method in cell.memory)
    return [MEMORY_METHOD, *(method for method in read if method not in {MEMORY_METHOD, *_SECONDARY})]


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
        Column(f"{method}, batch {batch}", partial(_text, batch, method), _SAYS.get(method, ""))
        for method in methods(result)
        for batch in batches
    ]


def _text(batch: int, method: str, row: Row) -> str:
    return formats.megabytes(added(row, batch, method))
