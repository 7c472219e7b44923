"""`edgefer.benchmark`: latency, throughput, memory and accuracy of models beside their teacher, for Python programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgefer.benchmark.protocol import asked_protocol
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.run import benchmark_models
from edgefer.benchmark.variants import Wish
from edgefer.console import telling
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces


def benchmark(
    models: str | Path | Sequence[str | Path] = (),
    *,
    teacher: str | Path = "resemotenet",
    faces: str | Path | FaceSet = "demo",
    split: str = "PublicTest",
    size: int | None = None,
    batch: int | Sequence[int] = (),
    rounds: int | None = None,
    seconds: float | None = None,
    calls: int | None = None,
    quick: bool = False,
    threads: int | Sequence[int] = (),
    compiled: bool | None = None,
    int8: bool = True,
    evaluate: bool = False,
    trust: bool = False,
    verbose: bool = False,
) -> BenchmarkResult:
    """Measure models beside their teacher, each in a process of its own: `edgefer benchmark` (docs/benchmarking.md).

    models: checkpoints, ONNX files, engines, folders of them, names of shipped students or of architectures; without any
        the newest student and its engines. teacher: what all are compared with, one of the same.
    faces: what they are fed: `demo`, a prepared store's name or folder and its split, or a `FaceSet`.
    size: pixels a side of what is named by architecture; None for the model's own.
    batch: batch sizes, by default 1, 8 and 32; the smallest is asked for its latency, the others for throughput.
    rounds, seconds, calls: how often and how long each row is measured; by default 10 visits, 3 seconds and 200 calls at
        the smallest batch. quick: batch 1, 3 rounds and 0.5 seconds unless they are given: factors, not percents.
    threads: CPU threads, by default all cores and for students also one. compiled: rows by torch.compile; None for where
        there is a GPU. int8: make INT8 files for CPUs of students that have none. evaluate: measure the accuracy of each
        row's own file on the faces. trust: open engines that no card vouches for. verbose: progress on stderr.

    Returns a `BenchmarkResult`: rows with latencies in milliseconds, throughput in faces a second and memory in bytes; a
    row that cannot run keeps its reason. `to_json()` gives what `--json` prints (docs/benchmark-schema.json). Raises
    UsageError for a name or a setting that does not exist, ArtifactError for a file that is missing or damaged, DataError
    for no faces, Interrupted on Ctrl-C.
    """
    with telling(verbose):
        return benchmark_models(
            [models] if isinstance(models, (str, Path)) else models,
            str(teacher),
            faces if isinstance(faces, FaceSet) else load_faces(str(faces), split),
            how=asked_protocol([batch] if isinstance(batch, int) else batch, rounds, seconds, calls, quick),
            wish=Wish(threads=(threads,) if isinstance(threads, int) else tuple(threads), compiled=compiled, int8=int8),
            size=size,
            trust=trust,
            evaluate=evaluate,
        )
