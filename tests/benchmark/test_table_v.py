from __future__ import annotations

import pytest

from edgefer.benchmark import paper, table_v
from edgefer.benchmark.candidate import Role
from edgefer.errors import ArtifactError
from tests.benchmark import paper_results, results


def lines(result):
    """Lines of the table by network and who measured."""
    return {(row[0], row[1]): row[2:] for row in table_v.table(result, "it").rows}


def test_the_paper_stands_above_ours_network_by_network():
    rows = table_v.table(paper_results.result(), "it").rows
    assert [row[:2] for row in rows][:4] == [
        ["ResEmoteNet", "the paper"],
        ["ResEmoteNet", "PyTorch FP32"],
        ["ResEmoteNet", "ONNX Runtime FP32"],
        ["student A", "the paper"],
    ]
    assert len(rows) == 12


def test_the_papers_own_figures():
    found = lines(paper_results.result())
    assert found["ResEmoteNet", "the paper"] == [
        "80,238,599", "1.4 / 3.2", "1x", "306.09", "10,102.94 / 838.19", "79.79 / 94.76",
    ]  # fmt: skip
    assert found["student A", "the paper"] == ["20,069,383", "0.14", "10.00x", "-", "-", "76.42 / 85.00"]
    assert found["student C", "the paper"] == ["1,259,911", "-", "-", "-", "-", "58.58"]


def test_what_this_machine_measured_and_both_ratios():
    found = lines(paper_results.result())
    assert found["student A", "PyTorch FP32"] == [
        "5,000",
        "5.00",
        "10.00x / 4.00x (3.60-4.40)",
        "2.18",
        "50 (RSS)",
        "-",
    ]
    assert found["ResEmoteNet", "PyTorch FP32"][2] == "1x"
    assert found["student C", "PyTorch FP32"][2] == "- / 25.0x (22.5-27.5)"


def test_ratios_are_to_the_teacher_in_the_same_runtime_with_as_many_threads():
    made = paper_results.result()
    found = lines(made)
    # No ratio was recorded in this runtime: that of the medians stands in, without an interval.
    assert found["student B", "ONNX Runtime FP32"][2] == "9.33x / 12.5x"
    alone = paper_results.row("mini-resemotenet-c", "ONNX Runtime FP32, 1 thread", 0.1)
    single = alone.model_copy(
        update={"candidate": alone.candidate.model_copy(update={"runtime": "ONNX Runtime FP32", "threads": 1})}
    )
    rows = [row for row in made.rows if row.name != "mini-resemotenet-c, ONNX Runtime FP32"]
    assert lines(results.result([*rows, alone]))["student C", "ONNX Runtime FP32, 1 thread"][2] == "- / -"
    assert lines(results.result([*rows, single]))["student C", "ONNX Runtime FP32"][2] == "- / -"


def test_memory_is_counted_as_the_paper_most_likely_did_where_that_is_known():
    made = paper_results.result()
    known = {"RSS": 300_000_000, "GPU": 500_000_000, "torch allocated": 350_000_000}
    rows = [results.memory_of(row, known) for row in made.rows]
    assert lines(results.result(rows))["student A", "PyTorch FP32"][4] == "350 (torch allocated)"
    rows = [results.memory_of(row, {"RSS": 300_000_000, "GPU": 500_000_000}) for row in made.rows]
    assert lines(results.result(rows))["student A", "PyTorch FP32"][4] == "500 (GPU)"


def test_trained_weights_have_an_accuracy_and_unstable_rows_a_mark():
    made = paper_results.row("mini-resemotenet-c", "ONNX Runtime FP32", 0.1, accuracy=0.621, variation=0.1)
    found = lines(results.result([made]))["student C", "ONNX Runtime FP32"]
    assert found[-1] == "62.1"
    assert found[1] == "0.100 ~"


def test_a_row_that_did_not_run_says_why():
    made = paper_results.row("mini-resemotenet-c", "TensorRT FP16", 0.1).model_copy(
        update={"cells": (), "why": "no GPU"}
    )
    assert lines(results.result([made]))["student C", "TensorRT FP16"] == ["5,000", "no GPU"]


def test_a_record_of_other_networks_is_refused():
    with pytest.raises(
        ArtifactError, match=r"old\.json holds no row of ResEmoteNet.*edgefer benchmark mini-resemotenet-a"
    ):
        table_v.table(results.result([results.row("x", "r", 1.0, Role.TEACHER)]), "old.json")


def test_as_values():
    values = table_v.record(paper_results.result(), "it")
    assert values["schema"] == 1
    assert values["paper"] == paper.CITATION
    student = values["networks"][1]
    assert student["published"]["milliseconds"] == [0.14]
    assert student["published"]["times_teacher"] == pytest.approx(10)
    assert [one["row"] for one in student["measured"]] == [
        "mini-resemotenet-a, PyTorch FP32", "mini-resemotenet-a, ONNX Runtime FP32",
    ]  # fmt: skip
    assert student["measured"][0]["times_teacher"]["value"] == 4.0
    assert student["measured"][0]["memory"] == {"RSS": 50_000_001}
    assert values["networks"][0]["measured"][0]["times_teacher"] is None
    assert values["not_stated"] == list(paper.NOT_STATED)
    assert values["contradictions"] == list(paper.CONTRADICTIONS)
