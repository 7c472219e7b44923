"""How a row of a benchmark was run, as what decides which rows may be compared with which."""

from __future__ import annotations

from typing import NamedTuple

from edgefer.benchmark.candidate import Kind, Provider
from edgefer.benchmark.result import Row

# From the widest arithmetic to the narrowest; one that is not here counts as the widest.
WIDTHS = ("fp32", "tf32", "bf16", "fp16", "fp8", "int8")
_RUNTIMES = {Kind.TORCH: "PyTorch", Kind.ONNXRUNTIME: "ONNX Runtime"}
_PROVIDERS = {Provider.CUDA: ", CUDA", Provider.TENSORRT: ", TensorRT"}
_FLAVOURS = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}


class Way(NamedTuple):
    """Everything but network and precision: two rows of one way differ in those alone. device: `cpu` or `cuda:0`."""

    runtime: str
    device: str
    threads: int
    compiled: bool
    cuda_graph: bool
    provider: Provider

    def __str__(self) -> str:
        """Such as `ONNX Runtime with 2 threads`."""
        on_gpu = self.device != "cpu"
        how = [
            "" if on_gpu else f" with {self.threads} thread{'s' * (self.threads > 1)}",
            " on GPU" if on_gpu and not self.runtime.startswith("TensorRT") else "",
            _PROVIDERS.get(self.provider, ""),
            ", torch.compile" if self.compiled else "",
            ", CUDA graph" if self.cuda_graph else "",
        ]
        return self.runtime + "".join(how)


def way(row: Row) -> Way:
    """How a row was run."""
    one = row.candidate
    device = row.setup.device if row.setup is not None else "cpu"
    return Way(_runtime(row), device, one.threads, one.compiled, one.cuda_graph, one.provider)


def precision(row: Row) -> str:
    """The arithmetic of a row's network, such as `int8`."""
    known = row.setup.precision if row.setup is not None else row.card.precision.value if row.card is not None else ""
    return known if known in WIDTHS else WIDTHS[0]


def rounds(row: Row, batch: int) -> tuple[float, ...]:
    """The medians of its rounds, milliseconds; none where it was not measured."""
    cell = row.cell(batch)
    return cell.latency.rounds_ms if cell is not None and cell.latency is not None else ()


def _runtime(row: Row) -> str:
    if row.candidate.kind is Kind.ENGINE:
        return _FLAVOURS.get(row.card.engine.flavour, "TensorRT") if row.card and row.card.engine else "TensorRT"
    return _RUNTIMES.get(row.candidate.kind, row.candidate.runtime)
