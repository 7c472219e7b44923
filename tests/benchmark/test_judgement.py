from __future__ import annotations

from pathlib import Path

from edgefer.benchmark.figures import VerdictKind
from edgefer.benchmark.judgement import judge
from edgefer.benchmark.result import BenchmarkResult, Row
from tests.benchmark import measured, results


def rows(**changes):
    return (
        measured.row(times={1: 0.16, 8: 1.28}, **changes),
        measured.row(runtime="ONNX Runtime INT8", precision="int8", times={1: 0.2}, **changes),
    )


def test_findings_stand_before_doubts():
    found = judge(measured.result(*rows(p99=9.0)))
    assert [one.kind for one in found] == [VerdictKind.SLOWER, VerdictKind.BATCH, VerdictKind.TAIL]


def test_a_single_round_claims_nothing():
    found = judge(measured.result(*rows(shape=(1.0,), p99=9.0)))
    assert [one.kind for one in found] == [VerdictKind.SAME, VerdictKind.TAIL]
    assert "--rounds 10" in found[0].text


def test_verdicts_travel_with_the_record_and_are_not_read_again():
    result = measured.result(*rows())
    judged = result.model_copy(update={"verdicts": judge(result)})
    assert BenchmarkResult.from_json(judged.to_json(), "x") == judged
    assert judge(judged) == judged.verdicts


def test_rows_that_did_not_run_are_left_out():
    lost = Row(candidate=results.result().rows[-1].candidate, why="needs a GPU")
    assert judge(measured.result(*rows(), lost)) == judge(measured.result(*rows()))
    assert judge(measured.result(measured.row()).model_copy(update={"rows": (lost,)})) == ()


def test_every_verdict_names_rows_of_the_result():
    result = results.result()
    names = {row.name for row in result.rows}
    assert all(set(verdict.rows) <= names for verdict in judge(result))
    assert judge(result)


def test_every_kind_of_verdict_is_on_the_page():
    page = (Path(__file__).parents[2] / "docs" / "benchmarking.md").read_text(encoding="utf-8")
    section = page.partition("## Verdicts, and when we say nothing")[2].partition("\n## ")[0]
    assert {kind.value for kind in VerdictKind if f"| `{kind.value}` |" not in section} == set()
