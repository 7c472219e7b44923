"""What a run shows, in words: what to ship and why, and what is doubtful about the figures."""

from __future__ import annotations

from edgefer.benchmark.doubts import doubts
from edgefer.benchmark.figures import Verdict, VerdictKind
from edgefer.benchmark.findings import findings
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.shipping import shipping


def judge(result: BenchmarkResult) -> tuple[Verdict, ...]:
    """The judgements that this run can carry, findings first, then doubts; `result.verdicts` is not read.

    Two rows are said to differ only where the 95 % interval of their ratio over interleaved rounds excludes 1 by more
    than `contrast.LUCK`. A single round has no interval, and nothing is claimed.
    """
    counted = [cell.latency for row in result.rows for cell in row.cells if cell.latency is not None]
    if counted and all(len(latency.rounds_ms) < 2 for latency in counted):
        alone = "a single round does not tell a difference from noise, so nothing is compared: --rounds 10"
        return (Verdict(kind=VerdictKind.SAME, rows=(), text=alone), *doubts(result))
    return (*shipping(result), *findings(result), *doubts(result))
