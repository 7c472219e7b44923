"""The suite that measures the networks of the paper's Table V."""

from __future__ import annotations

from edgefer.benchmark.candidate import all_threads
from edgefer.benchmark.paper import ROWS, TEACHER
from edgefer.benchmark.protocol import DEFAULT, QUICK, protocol_for
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.run import benchmark_models
from edgefer.benchmark.variants import Wish
from edgefer.data.load import load_faces

# Pixels a side: the teacher's input; the paper gives none.
SIZE = 64


def measure(quick: bool) -> BenchmarkResult:
    """Teacher and students with fresh weights, one face a call, in every runtime that is here, progress on stderr."""
    usual = QUICK if quick else DEFAULT
    students = [row.architecture for row in ROWS if row.architecture != TEACHER]
    return benchmark_models(
        students,
        TEACHER,
        load_faces("demo", "PublicTest"),
        how=protocol_for((1,), usual.rounds, usual.latency.seconds, usual.latency.calls, usual.warm_s),
        # Ratios need the teacher with as many threads; INT8 of fresh weights says nothing.
        wish=Wish(threads=(all_threads(),), int8=False),
        size=SIZE,
    )
