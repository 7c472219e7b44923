from __future__ import annotations

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.compare import compare
from edgefer.benchmark.compare_text import line, render_comparison
from edgefer.benchmark.figures import Start
from tests.benchmark import measured


def teacher(median):
    return measured.row("big (teacher)", "PyTorch FP32", {1: median}, role=Role.TEACHER, kind=Kind.TORCH)


def text(before, now, limit=None):
    return render_comparison(compare(measured.result(*before), measured.result(*now), limit))


def row_of(shown, name):
    return " ".join(next(one for one in shown.splitlines() if one.startswith(name)).split())


def test_times_stand_in_a_table():
    shown = text([teacher(26.0), measured.row()], [teacher(26.0), measured.row(times={1: 0.2})])
    assert row_of(shown, "row") == "row batch before ms now ms now / before beside the teacher verdict"
    assert row_of(shown, "small") == "small, ONNX Runtime FP32 1 0.160 0.200 1.25x (1.24-1.26) 1.25x slower"
    assert row_of(shown, "big") == "big (teacher), PyTorch FP32 1 26.00 26.00 1.00x (0.99-1.01) - same"
    assert "worse by more than" not in shown


def test_what_the_machine_did_is_explained():
    shown = text([teacher(26.0), measured.row()], [teacher(32.5), measured.row(times={1: 0.2})])
    assert row_of(shown, "small").endswith("1.00x the machine?")
    assert "the machine?: changed, but not surely beside the teacher" in shown
    assert "the machine" not in text([measured.row()], [measured.row()])


def test_other_figures_stand_below_when_they_changed():
    before = measured.row(accuracy=0.86)
    now = measured.row(accuracy=0.84, memory=60_000_000, bytes_=1_145_000)
    now = now.model_copy(update={"start": Start(import_s=0.5, load_s=1.25, first_s=0.0)})
    shown = text([before], [now])
    assert "small, ONNX Runtime FP32, batch 1: memory (RSS) 50 MB, then 60 MB, 1.20x: more" in shown
    assert "small, ONNX Runtime FP32: file 2.29 MB, then 1.15 MB, 0.50x: smaller" in shown
    assert "small, ONNX Runtime FP32: start 0.76 s, then 1.75 s, 2.30x: slower, by one reading" in shown
    assert "small, ONNX Runtime FP32: accuracy 86.0%, then 84.0%: worse" in shown
    assert "file" not in text([before], [before])


def test_what_could_not_be_compared_and_what_passed_the_limit():
    before = measured.row(), measured.row("gone"), measured.row("b")
    now = measured.row(threads=1), measured.row("b", times={1: 0.2}), measured.row("new")
    shown = text(before, now, limit=0.1)
    assert "small, ONNX Runtime FP32: run differently: threads 2, then 1" in shown
    assert "only before: gone, ONNX Runtime FP32" in shown
    assert "only now: new, ONNX Runtime FP32" in shown
    assert "worse by more than 10%: b, ONNX Runtime FP32, batch 1: latency" in shown
    assert text(before, now, limit=1.0).endswith("worse by more than 100%: nothing")


def test_a_line_of_one_round():
    comparison = compare(measured.result(measured.row(shape=(1.0,))), measured.result(measured.row(shape=(1.0,))))
    assert line(comparison.changes[0]) == (
        "small, ONNX Runtime FP32, batch 1: latency 0.160 ms, then 0.160 ms, 1.00x: one round does not tell"
    )
