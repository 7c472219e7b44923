"""Made-up rows with rounds that are told, so that a test knows what a run can show."""

from __future__ import annotations

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.figures import Cell, Latency, Parts, Setup, Speedup, Spread, Start
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.result import BenchmarkResult, Row
from edgefer.card import Measurement, Passport, Precision
from tests import tiny_net
from tests.benchmark.results import MACHINE

# Rounds of a quiet machine around 1: their standard deviation is 0.5 %.
QUIET = (1.0, 1.005, 0.995, 1.004, 0.996)
# Rounds of one that swings by a fifth.
NOISY = (0.8, 1.2, 0.9, 1.25, 1.0)


def latency(median, shape=QUIET, p99=1.5):
    rounds = tuple(median * one for one in shape)
    mean = sum(rounds) / len(rounds)
    spread = (sum((one - mean) ** 2 for one in rounds) / max(1, len(rounds) - 1)) ** 0.5
    return Latency(
        samples=500,
        min_ms=0.5 * median,
        median_ms=median,
        mean_ms=mean,
        p90_ms=1.3 * median,
        p95_ms=1.4 * median,
        p99_ms=p99 * median,
        max_ms=20 * median,
        rounds_ms=rounds,
        variation=spread / mean if len(rounds) > 1 else None,
    )


def spread(median, samples=200):
    return Spread(
        samples=samples,
        min_ms=0.9 * median,
        median_ms=median,
        mean_ms=1.01 * median,
        p90_ms=1.1 * median,
        p95_ms=1.2 * median,
        p99_ms=1.5 * median if samples >= 100 else None,
        max_ms=2 * median,
    )


def parts(h2d=0.01, compute=0.1, d2h=0.005, enqueue=0.02, **changes):
    latency = spread(h2d + compute + d2h)
    return Parts(
        h2d=spread(h2d), compute=spread(compute), d2h=spread(d2h), enqueue=spread(enqueue), latency=latency, **changes
    )


def measurement(accuracy, split="PublicTest", backend="onnxruntime cpu", faces=700):
    return Measurement(
        dataset="demo",
        split=split,
        faces=faces,
        backend=backend,
        accuracy=accuracy,
        balanced_accuracy=accuracy,
        macro_f1=accuracy,
        recall={},
    )


def row(
    model="small",
    runtime="ONNX Runtime FP32",
    times=None,
    precision="fp32",
    threads=2,
    device="cpu",
    kind=Kind.ONNXRUNTIME,
    role=Role.STUDENT,
    accuracy=None,
    over=(),
    shape=QUIET,
    p99=1.5,
    split="PublicTest",
    backend="onnxruntime cpu",
    bytes_=2_290_000,
    target="x.onnx",
    parts=None,
    memory=50_000_000,
    cuda_graph=False,
    largest=64,
    version="10.3.0",
    flavour="tensorrt",
    **changes,
):
    """times: the median by batch size. over: names of rows with how many times faster this one is."""
    measured = () if accuracy is None else (measurement(accuracy, split, backend),)
    engine = None
    if kind is Kind.ENGINE:
        engine = Passport(
            flavour=flavour,
            version=version,
            targets=("sm89",),
            batch=(1, 8, largest),
            plan_sha256="0",
            onnx_sha256="0",
            after=measured[0] if measured else None,
        )
    cells = tuple(
        Cell(
            batch=batch,
            latency=latency(median, shape, p99),
            parts=parts,
            memory={"RSS": 100_000_000 + memory},
            speedups=tuple(Speedup(over=name, value=value, low=0.9 * value, high=1.1 * value) for name, value in over),
        )
        for batch, median in (times or {1: 0.16}).items()
    )
    return Row(
        candidate=Candidate(
            model=model, runtime=runtime, kind=kind, target=target, role=role, threads=threads, cuda_graph=cuda_graph
        ),
        backend=backend,
        setup=Setup(
            device=device, threads=threads, precision=precision, cuda_graph=cuda_graph, transfers=device != "cpu"
        ),
        card=tiny_net.card(
            measured=measured, engine=engine, precision=Precision(precision if precision != "tf32" else "fp32")
        ),
        file_bytes=bytes_,
        start=Start(import_s=0.5, load_s=0.25, first_s=0.0125),
        idle={"RSS": 100_000_000},
        cells=cells,
        **changes,
    )


def result(*rows, machine=MACHINE, **changes):
    batches = sorted({cell.batch for row in rows for cell in row.cells})
    return BenchmarkResult(
        protocol=protocol_for(batches), faces="demo PublicTest", environment=machine, rows=rows, **changes
    )


def machine(**changes):
    return MACHINE.model_copy(update=changes)
