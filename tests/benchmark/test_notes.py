from __future__ import annotations

from edgefer.benchmark.columns import Table
from edgefer.benchmark.energy import Energy
from edgefer.benchmark.judgement import judge
from edgefer.benchmark.notes import notes
from edgefer.benchmark.tables import latency, tables
from tests.benchmark import results


def said(result):
    return "\n".join(notes(result, tables(result)))


def test_the_machine_and_the_protocol_are_named():
    text = said(results.result())
    assert "Test CPU <1>, 2 of 4 cores" in text
    assert "2 interleaved rounds, 200 calls and 3 s a row at batch 1" in text
    assert "input: demo PublicTest" in text


def test_each_head_that_is_shown_is_explained_once():
    made = results.full()
    lines = notes(made, tables(made))
    assert len(lines) == len(set(lines))
    for head in (
        "median",
        "p90",
        "times as fast",
        "H2D",
        "GPU compute",
        "together",
        "enqueue",
        "weights",
        "activations",
        "RSS",
        "GPU",
        "mJ",
    ):
        assert any(line.startswith(head) for line in lines), head
    only = Table("t", ["model"], [], says=("a: b",))
    assert notes(made, [only, only]).count("a: b") == 1
    assert not any(line.startswith("H2D") for line in notes(made, [only]))


def test_what_is_doubtful_is_said():
    text = said(results.result())
    assert "~ unstable" in text
    assert "p99 -: fewer than 100 samples" in text
    assert "busy" not in text


def test_a_stable_benchmark_raises_no_doubts():
    text = said(results.result([results.row("a", "r", 1.0)]))
    assert "~" not in text
    assert "p99 -" not in text


def test_a_busy_machine_is_named():
    busy = results.MACHINE.model_copy(update={"other_work": 1.26})
    result = results.result(machine=busy)
    assert "other processes kept 1.3 of 4 cores busy" in said(result)
    assert "cores busy" not in said(result.model_copy(update={"verdicts": judge(result)}))


def noted(model, runtime, note):
    row = results.row(model, runtime, 1.0)
    return row.model_copy(update={"candidate": row.candidate.model_copy(update={"note": note})})


def test_each_remark_is_said_once_of_rows_or_of_whole_models():
    rows = [noted("a", "r", "untrained"), noted("a", "s", "untrained; made here"), noted("b", "r", "untrained")]
    rows.append(noted("b", "s", ""))
    said_of = [note for note in notes(results.result(rows), []) if note.endswith(("untrained", "made here"))]
    assert said_of == ["a; b, r: untrained", "a, s: made here"]


def test_rows_that_did_not_run_for_one_reason_are_a_line_and_not_lines_of_a_table():
    last = results.result().rows[-1]
    other = last.model_copy(update={"candidate": last.candidate.model_copy(update={"runtime": "TensorRT-RTX FP16"})})
    made = results.result([*results.result().rows, other])
    assert f"not run: {last.name}; {other.name}: {last.why}" in said(made)
    assert not any(last.why in cell for row in latency(made).rows for cell in row)
    nothing = results.result([last, other])
    assert "not run" not in said(nothing)
    assert [row[-1] for row in latency(nothing).rows] == [last.why] * 2


def test_why_there_is_no_energy_is_said_once():
    made = results.row("a", "r", 1.0)
    cells = tuple(cell.model_copy(update={"energy": Energy(why="no counter here")}) for cell in made.cells)
    text = said(results.result([made.model_copy(update={"cells": cells})]))
    assert text.count("no energy: no counter here") == 1


def test_rows_that_this_machine_does_not_have_are_named():
    made = results.result().model_copy(update={"left_out": ("half precision: no GPU",)})
    assert "left out: half precision: no GPU" in said(made).splitlines()
