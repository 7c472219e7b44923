"""One row in the words of `trtexec`, and the command that measures the same, so that anybody can hold us against it.

The fields, units and order are those of its performance summary. Its defaults changed with version 11 (CUDA graph and
spin wait on, transfers off; those of `tensorrt_rtx`, the tool of TensorRT-RTX, are the same), so the command has the
flags of the engine's own version: https://docs.nvidia.com/deeplearning/tensorrt/latest/performance/benchmarking.html.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from edgefer.benchmark.doubts import bounds
from edgefer.benchmark.figures import Cell, Latency, Parts, Setup, Spread
from edgefer.benchmark.protocol import Protocol
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.errors import UsageError
from edgefer.export.onnx import INPUT


def render_trtexec(result: BenchmarkResult) -> str:
    """Every measured row at every batch size, one paragraph each; UsageError when nothing was measured."""
    parts = [
        trtexec_text(row, cell, result.protocol)
        for row in result.rows
        for cell in row.cells
        if cell.latency is not None
    ]
    if not parts:
        raise UsageError("no row of this record was measured", "edgefer benchmark says why, row by row")
    return "\n\n".join(parts)


def trtexec_text(row: Row, cell: Cell, protocol: Protocol) -> str:
    """The summary of one row at one batch size, then what differs from trtexec's, and its command.

    On a GPU all lines, from calls whose parts were timed by CUDA events. On a CPU, which has no parts, throughput and
    latency on the host alone. Raises UsageError where the cell has no latency.
    """
    if cell.latency is None:
        raise UsageError(f"{row.name} was not measured at batch {cell.batch}", cell.why)
    lines = [f"=== Performance summary === {row.name}, batch {cell.batch}"]
    if cell.parts is None:
        lines += [*_on_host(cell.latency), "# no parts: without a GPU a call has no transfers and no queue"]
        if row.setup is not None and row.setup.device != "cpu":
            lines[-1] = "# no parts: this runtime does not tell where a call's time goes"
    else:
        lines += [*_on_gpu(cell.latency, cell.parts), *(f"* {text}" for text in bounds(cell.parts, _graph(row)))]
    return "\n".join([*lines, *_command(row, cell, protocol)])


def _on_host(latency: Latency) -> Iterator[str]:
    yield f"Throughput: {1000 / latency.mean_ms:g} qps"
    yield f"Latency: {_figures(latency)}"


def _on_gpu(latency: Latency, parts: Parts) -> Iterator[str]:
    calls = parts.compute.samples
    # Records that have no wall time of these calls have that of the ones that are timed on the host.
    wall = parts.wall_s if parts.wall_s is not None else calls * latency.mean_ms / 1000
    yield f"Throughput: {calls / wall:g} qps"
    if parts.latency is not None:
        yield f"Latency: {_figures(parts.latency)}"
    yield f"Enqueue Time: {_figures(parts.enqueue)}"
    yield f"H2D Latency: {_figures(parts.h2d)}"
    yield f"GPU Compute Time: {_figures(parts.compute)}"
    yield f"D2H Latency: {_figures(parts.d2h)}"
    yield f"Total Host Walltime: {wall:g} s"
    yield f"Total GPU Compute Time: {calls * parts.compute.mean_ms / 1000:g} s"
    yield f"# our own call, from pixels in memory to logits in memory: median = {latency.median_ms:g} ms"


def _figures(spread: Spread) -> str:
    known = [
        ("min", spread.min_ms),
        ("max", spread.max_ms),
        ("mean", spread.mean_ms),
        ("median", spread.median_ms),
        ("percentile(90%)", spread.p90_ms),
        ("percentile(95%)", spread.p95_ms),
        ("percentile(99%)", spread.p99_ms),
    ]
    return ", ".join(f"{name} = {value:g} ms" for name, value in known if value is not None)


def _command(row: Row, cell: Cell, protocol: Protocol) -> Iterator[str]:
    """The command that measures the same, or why there is none."""
    card = row.card
    if card is None or card.engine is None or row.setup is None:
        yield "# trtexec runs engines only: no command measures this row"
        return
    largest = card.engine.batch[2]
    if cell.batch > largest:
        yield f"# the engine takes {largest} faces at once: no command measures this row at batch {cell.batch}"
        return
    effort = protocol.effort(cell.batch)
    shape = "x".join(map(str, (cell.batch, *card.input.shape)))
    rtx = card.engine.flavour == "tensorrt_rtx"
    major = int(card.engine.version.split(".")[0])
    words = [
        "tensorrt_rtx" if rtx else "trtexec",
        f"--loadEngine={row.candidate.target}",
        f"--shapes={INPUT}:{shape}",
        f"--warmUp={1000 * protocol.warm_s:g}",
        f"--duration={effort.seconds:g}",
        f"--iterations={effort.calls}",
        *(_new_flags(row.setup, rtx) if rtx or major >= 11 else _old_flags(row.setup)),
    ]
    yield shlex.join(words)


def _old_flags(setup: Setup) -> list[str]:
    """What differs from version 10's own way: no graph, transfers, no spin wait."""
    return [
        *(["--useCudaGraph"] if setup.cuda_graph else []),
        *([] if setup.transfers else ["--noDataTransfers"]),
        *(["--useSpinWait"] if setup.spin_wait else []),
    ]


def _new_flags(setup: Setup, rtx: bool) -> list[str]:
    """What differs from the way of version 11 and of TensorRT-RTX: graph, no transfers, spin wait."""
    no_graph = "--rtxCudaGraphStrategy=disable" if rtx else "--noCudaGraph"
    return [
        *([] if setup.cuda_graph else [no_graph]),
        *(["--includeDataTransfers"] if setup.transfers else []),
        *([] if setup.spin_wait else ["--noSpinWait"]),
    ]


def _graph(row: Row) -> bool:
    return row.setup is not None and row.setup.cuda_graph
