from __future__ import annotations

import re

import pytest

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.figures import VerdictKind
from edgefer.benchmark.findings import findings
from tests.benchmark import measured

TORCH, ORT = "big (teacher), PyTorch FP32", "big (teacher), ONNX Runtime FP32"


def teacher(runtime, median, **changes):
    kind = Kind.TORCH if runtime == "PyTorch" else Kind.ONNXRUNTIME
    return measured.row("big (teacher)", f"{runtime} FP32", {1: median}, role=Role.TEACHER, kind=kind, **changes)


def student(median=0.16, over=((TORCH, 165.0), (ORT, 41.25)), **changes):
    return measured.row(times={1: median}, over=over, **changes)


def verdicts(*rows):
    return list(findings(measured.result(*rows)))


def texts(kind, *rows):
    return [one.text for one in verdicts(*rows) if one.kind is kind]


def test_the_framework_s_gain_and_the_student_s_are_told_apart():
    rows = teacher("PyTorch", 26.4), teacher("ONNX Runtime", 6.6, over=[(TORCH, 4.0)]), student()
    assert texts(VerdictKind.GAIN, *rows) == [
        "small, ONNX Runtime FP32: of 165x over the teacher in PyTorch, 4.00x is ONNX Runtime and 41.2x the student"
    ]


def test_the_two_gains_multiply_to_the_whole_even_where_rounds_differ():
    long, short = (1.0, 1.1, 0.9, 3.0, 3.0), (1.0, 0.9, 1.1)
    rows = teacher("PyTorch", 26.4, shape=long), teacher("ONNX Runtime", 6.6, shape=long), student(shape=short)
    whole, framework, own = map(float, re.findall(r"([\d.]+)x", texts(VerdictKind.GAIN, *rows)[0]))
    assert framework * own == pytest.approx(whole, rel=0.005)
    assert whole == pytest.approx(165, rel=0.01)


def test_a_student_faster_than_its_teacher_is_nothing_to_say_but_its_gain():
    rows = teacher("PyTorch", 26.4), teacher("ONNX Runtime", 6.6), student()
    assert [one.kind for one in verdicts(*rows)] == [VerdictKind.GAIN]


def test_a_framework_that_gives_nothing_or_takes_something():
    rows = teacher("PyTorch", 6.6), teacher("ONNX Runtime", 6.6), student(over=())
    assert texts(VerdictKind.GAIN, *rows) == [
        "small, ONNX Runtime FP32: all of 41.2x over the teacher in PyTorch is the student: "
        "ONNX Runtime runs the teacher no faster"
    ]
    rows = teacher("PyTorch", 6.6), teacher("ONNX Runtime", 13.2), student(over=())
    assert texts(VerdictKind.GAIN, *rows) == [
        "small, ONNX Runtime FP32: 41.2x over the teacher in PyTorch; in ONNX Runtime, which runs the teacher slower, "
        "82.5x"
    ]


@pytest.mark.parametrize("other", [{"threads": 1}, {"precision": "int8"}, {"device": "cuda:0"}])
def test_gains_are_only_told_apart_by_a_teacher_that_is_run_alike(other):
    assert texts(VerdictKind.GAIN, teacher("PyTorch", 26.4), teacher("ONNX Runtime", 6.6), student())
    assert not texts(VerdictKind.GAIN, teacher("PyTorch", 26.4), teacher("ONNX Runtime", 6.6), student(**other))


def test_people_start_from_pytorch_as_it_is():
    gpu = {"device": "cuda:0"}
    rows = teacher("ONNX Runtime", 6.6, **gpu), student(over=(), **gpu)
    assert texts(VerdictKind.GAIN, teacher("PyTorch", 26.4, precision="tf32", **gpu), *rows)
    assert not texts(VerdictKind.GAIN, teacher("PyTorch", 26.4, precision="fp16", **gpu), *rows)


def test_noise_has_no_gain():
    rows = teacher("PyTorch", 0.18, shape=measured.NOISY), teacher("ONNX Runtime", 0.2), student(over=())
    assert not texts(VerdictKind.GAIN, *rows)


def test_a_student_that_is_slower_than_its_teacher():
    found = verdicts(teacher("ONNX Runtime", 0.1), student())
    assert [one.kind for one in found] == [VerdictKind.SLOWER]
    assert found[0].text == "small, ONNX Runtime FP32: slower than its teacher, 1.60x (1.60-1.60)"


def test_a_student_that_is_no_faster_than_its_teacher():
    found = verdicts(teacher("ONNX Runtime", 0.16), student())
    assert [one.kind for one in found] == [VerdictKind.SAME]
    assert "no faster than its teacher that this run can show" in found[0].text


def test_one_thread_faster_than_all():
    found = verdicts(student(over=()), student(0.1, over=(), threads=1, runtime="ONNX Runtime FP32, 1 thread"))
    assert [one.kind for one in found] == [VerdictKind.SLOWER]
    assert found[0].text == (
        "small in ONNX Runtime FP32: one thread is faster than 2 threads at batch 1, 1.60x (1.60-1.60): run it with --threads 1"
    )
    assert found[0].rows == ("small, ONNX Runtime FP32", "small, ONNX Runtime FP32, 1 thread")


def test_threads_that_give_nothing():
    found = verdicts(student(over=()), student(over=(), threads=1, runtime="ONNX Runtime FP32, 1 thread"))
    assert [one.kind for one in found] == [VerdictKind.SAME]
    assert "2 threads are no faster than one that this run can show" in found[0].text


def test_threads_that_help_are_nothing_to_say():
    single = {"threads": 1, "runtime": "ONNX Runtime FP32, 1 thread"}
    assert not verdicts(student(over=()), student(0.2, over=(), **single))


@pytest.mark.parametrize("other", [{"target": "y.onnx"}, {"precision": "int8"}, {"device": "cuda:0"}])
def test_threads_are_compared_on_one_file_alone(other):
    single = {"threads": 1, "runtime": "ONNX Runtime FP32, 1 thread"}
    assert verdicts(student(over=()), student(0.1, over=(), **single))
    assert not verdicts(student(over=()), student(0.1, over=(), **single, **other))


def sweep(**times):
    return measured.row(times={int(batch[1:]): median for batch, median in times.items()})


def test_batches_beyond_which_nothing_is_gained():
    found = verdicts(sweep(b1=1.0, b8=4.0, b32=16.0))
    assert [one.kind for one in found] == [VerdictKind.BATCH]
    assert found[0].text == (
        "batches larger than 8 give no more faces a second that this run can show: small, ONNX Runtime FP32"
    )
    assert not verdicts(sweep(b1=1.0, b8=4.0, b32=8.0))


def test_a_batch_is_enough_only_when_no_larger_one_gives_more():
    assert not verdicts(sweep(b1=1.0, b8=8.0, b32=16.0))


def test_the_smallest_batch_that_is_enough_is_named_once():
    found = verdicts(sweep(b1=1.0, b8=8.0, b32=33.0))
    assert [one.text.split(" give")[0] for one in found] == ["batches larger than 1"]


def test_rows_with_the_same_best_batch_share_a_line():
    one = sweep(b1=1.0, b8=8.0)
    other = measured.row("other", times={1: 2.0, 8: 17.0})
    found = verdicts(one, other)
    assert [one.rows for one in found] == [("small, ONNX Runtime FP32", "other, ONNX Runtime FP32")]


def test_a_batch_that_an_engine_runs_in_several_calls_is_no_batch():
    how = {"kind": Kind.ENGINE, "device": "cuda:0", "runtime": "TensorRT FP32"}
    assert verdicts(measured.row(times={1: 1.0, 8: 8.0}, largest=8, **how))
    assert not verdicts(measured.row(times={1: 1.0, 8: 8.0}, largest=1, **how))
