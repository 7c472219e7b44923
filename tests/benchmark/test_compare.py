from __future__ import annotations

import json

import pytest

from edgefer.benchmark.candidate import Kind, Role
from edgefer.benchmark.compare import compare, read_record
from edgefer.benchmark.comparison import Comparison, Outcome, Quantity
from edgefer.benchmark.contrast import RUNS
from edgefer.benchmark.figures import Cell, Start
from edgefer.errors import ArtifactError, CheckFailed, UsageError
from tests.benchmark import measured, results

NAME = "small, ONNX Runtime FP32"


def teacher(median, **changes):
    return measured.row("big (teacher)", "PyTorch FP32", {1: median}, role=Role.TEACHER, kind=Kind.TORCH, **changes)


def student(median=0.16, **changes):
    return measured.row(times={1: median}, **changes)


def compared(before, now, limit=None):
    return compare(measured.result(*before), measured.result(*now), limit)


def change(comparison, quantity=Quantity.LATENCY, row=NAME):
    return next((one for one in comparison.changes if (one.row, one.quantity) == (row, quantity)), None)


def outcome(comparison, quantity=Quantity.LATENCY):
    found = change(comparison, quantity)
    return None if found is None else found.outcome


@pytest.mark.parametrize(
    ("now", "expected"),
    [(0.20, Outcome.WORSE), (0.12, Outcome.BETTER), (0.16, Outcome.SAME), (0.16 * (1 + RUNS), Outcome.SAME)],
)
def test_a_time_that_changed_beyond_the_noise(now, expected):
    comparison = compared([student()], [student(now)])
    found = comparison.changes[0]
    assert (found.row, found.quantity, found.batch) == (NAME, Quantity.LATENCY, 1)
    assert (found.before, found.now, found.outcome) == (0.16, now, expected)
    assert found.ratio == pytest.approx(now / 0.16)
    assert found.low < found.ratio < found.high


def test_what_the_rounds_disagree_on_is_no_change():
    assert outcome(compared([student(shape=measured.NOISY)], [student(0.20)])) is Outcome.SAME


def test_a_single_round_does_not_tell():
    found = compared([student(shape=(1.0,))], [student(0.20)]).changes[0]
    assert (found.outcome, found.low, found.ratio) == (Outcome.UNKNOWN, None, pytest.approx(1.25))


def test_what_slows_the_teacher_alike_is_the_machine():
    comparison = compared([teacher(26.0), student()], [teacher(32.5), student(0.20)], limit=0.1)
    assert outcome(comparison) is Outcome.MACHINE
    assert change(comparison).beside == pytest.approx(1.0)
    assert comparison.regressions == ()


def test_a_teacher_too_noisy_to_tell_leaves_it_open():
    noisy = teacher(26.0, shape=measured.NOISY)
    comparison = compared([noisy, student()], [noisy, student(0.20)], limit=0.1)
    assert outcome(comparison) is Outcome.MACHINE
    assert comparison.regressions == ()


def test_what_changes_beside_the_teacher_is_the_row():
    comparison = compared([teacher(26.0), student()], [teacher(26.0), student(0.20)], limit=0.1)
    assert outcome(comparison) is Outcome.WORSE
    assert change(comparison).beside == pytest.approx(1.25)
    assert outcome(compared([teacher(26.0), student()], [teacher(26.0), student(0.12)])) is Outcome.BETTER


def test_a_teacher_that_changed_its_setup_is_no_measure():
    comparison = compared([teacher(26.0), student()], [teacher(32.5, threads=1), student(0.20)])
    assert outcome(comparison) is Outcome.WORSE


def test_rows_are_matched_by_name_and_batch():
    before = measured.row(times={1: 0.16, 8: 1.0}), measured.row("gone", times={1: 1.0})
    now = measured.row(times={1: 0.16, 8: 2.0}), measured.row("new", times={1: 1.0})
    comparison = compared(before, now)
    latencies = {(one.row, one.batch): one.outcome for one in comparison.changes if one.quantity is Quantity.LATENCY}
    assert latencies == {(NAME, 1): Outcome.SAME, (NAME, 8): Outcome.WORSE}
    assert comparison.only_before == ("gone, ONNX Runtime FP32",)
    assert comparison.only_now == ("new, ONNX Runtime FP32",)


def test_a_row_that_is_run_differently_is_not_compared():
    comparison = compared([student(), measured.row("b")], [student(threads=1, cuda_graph=True), measured.row("b")], 0.1)
    assert comparison.regressions == ()
    assert comparison.not_compared == {NAME: "run differently: threads 2, then 1; cuda graph off, then on"}
    assert {one.row for one in comparison.changes} == {"b, ONNX Runtime FP32"}


def test_memory_file_start_and_accuracy():
    before = student(accuracy=0.860, memory=50_000_000, bytes_=2_290_000)
    now = student(accuracy=0.862, memory=60_000_000, bytes_=1_200_000)
    now = now.model_copy(update={"start": Start(import_s=0.5, load_s=1.25, first_s=0.0125)})
    comparison = compared([before], [now])
    assert outcome(comparison, Quantity.MEMORY) is Outcome.WORSE
    assert outcome(comparison, Quantity.FILE) is Outcome.BETTER
    assert outcome(comparison, Quantity.START) is Outcome.WORSE
    assert outcome(comparison, Quantity.ACCURACY) is Outcome.BETTER
    back = compared([now], [before])
    assert outcome(back, Quantity.ACCURACY) is Outcome.WORSE
    assert outcome(back, Quantity.MEMORY) is Outcome.BETTER


def test_readings_within_their_noise_are_the_same():
    before = student(accuracy=0.860, memory=50_000_000, bytes_=2_290_000)
    now = student(accuracy=0.8603, memory=52_000_000, bytes_=2_300_000)
    now = now.model_copy(update={"start": Start(import_s=0.58, load_s=0.25, first_s=0.0125)})
    assert {one.outcome for one in compared([before], [now]).changes} == {Outcome.SAME}


def test_a_method_of_memory_that_one_record_lacks_is_not_compared():
    gpu = student()
    cell = gpu.cells[0].model_copy(update={"memory": {"RSS": 150_000_000, "GPU": 400_000_000}})
    gpu = gpu.model_copy(update={"cells": (cell,)})
    assert {one.method for one in compared([gpu], [gpu]).changes if one.quantity is Quantity.MEMORY} == {"RSS", "GPU"}
    assert {one.method for one in compared([gpu], [student()]).changes if one.quantity is Quantity.MEMORY} == {"RSS"}


@pytest.mark.parametrize(
    "other", [{"split": "PrivateTest"}, {"backend": "torch cpu"}], ids=["other faces", "of the network it came from"]
)
def test_accuracies_of_different_faces_or_files_are_not_compared(other):
    comparison = compared([student(accuracy=0.9)], [student(accuracy=0.5, **other)])
    assert outcome(comparison, Quantity.ACCURACY) is None


@pytest.mark.parametrize("place", [0, 1])
def test_records_of_different_machines_are_refused(place):
    machines = [measured.machine(), measured.machine(cores=4)]
    records = [measured.result(student(), machine=machine) for machine in machines]
    with pytest.raises(UsageError, match=r"different machines.*cores (2 and 4|4 and 2)"):
        compare(records[place], records[1 - place])


def test_records_of_different_faces_are_refused():
    other = measured.result(student()).model_copy(update={"faces": "fer2013 PublicTest"})
    with pytest.raises(UsageError, match="demo PublicTest, then fer2013 PublicTest"):
        compare(measured.result(student()), other)


def test_records_that_were_warmed_up_differently_are_refused():
    result = measured.result(student())
    cold = result.model_copy(update={"protocol": result.protocol.model_copy(update={"warm_s": 0.0})})
    with pytest.raises(UsageError, match=r"\d s, then 0 s before each visit"):
        compare(result, cold)


@pytest.mark.parametrize("now", [measured.row("other"), measured.row(times={8: 1.0})], ids=["rows", "batch sizes"])
def test_records_without_anything_in_common_are_refused(now):
    with pytest.raises(UsageError, match="no row and batch size in common"):
        compared([student()], [now])


def test_only_what_passes_the_limit_is_a_regression():
    comparison = compared([student()], [student(0.20, memory=60_000_000)], limit=0.22)
    assert len(comparison.regressions) == 1
    assert comparison.regressions[0].startswith(f"{NAME}, batch 1: latency 0.160 ms, then 0.200 ms, 1.25x")
    with pytest.raises(CheckFailed, match=r"worse by more than 22%: small.*--max-regression"):
        comparison.check()
    assert len(compared([student()], [student(0.20, memory=60_000_000)], limit=0.1).regressions) == 2
    compared([student()], [student(0.20)], limit=0.26).check()
    compared([student()], [student(0.20)]).check()


def test_faster_start_and_accuracy_are_no_regressions():
    before = student(accuracy=0.9)
    now = student(0.1, accuracy=0.5).model_copy(update={"start": Start(import_s=5, load_s=5, first_s=5)})
    assert compared([before], [now], limit=0.0).regressions == ()


def test_a_teacher_is_no_regression():
    assert compared([teacher(26.0)], [teacher(40.0)], limit=0.1).regressions == ()


def test_a_student_that_is_no_longer_measured_is_a_regression():
    lost = student().model_copy(update={"cells": (), "why": "needs a driver"})
    comparison = compared([student(), measured.row("b")], [lost, measured.row("b")], limit=0.1)
    assert comparison.regressions == (f"{NAME}: not measured now: needs a driver",)
    back = compared([lost, measured.row("b")], [student(), measured.row("b")], limit=0.1)
    assert back.regressions == ()
    assert back.not_compared == {NAME: "not measured before: needs a driver"}
    assert compared([lost, measured.row("b")], [lost, measured.row("b")], limit=0.1).not_compared == {}


def test_a_batch_size_that_is_no_longer_measured_is_a_regression():
    before = measured.row(times={1: 0.16, 8: 1.0})
    now = before.model_copy(update={"cells": (before.cells[0], Cell(batch=8, why="out of memory"))})
    comparison = compared([before], [now], limit=0.1)
    assert comparison.regressions == (f"{NAME}, batch 8: not measured now: out of memory",)
    assert outcome(comparison) is Outcome.SAME


def test_what_else_differs_is_noted():
    machine = measured.machine(
        libraries={"onnxruntime": "1.32", "numpy": "2.4", "torch": "2.13"}, kernel="Linux 7 x86_64", other_work=2.0
    )
    before = measured.machine(libraries={"onnxruntime": "1.31", "numpy": "2.4"})
    comparison = compare(measured.result(student(), machine=before), measured.result(student(), machine=machine))
    assert comparison.notes[:3] == (
        "onnxruntime 1.31, then 1.32",
        "torch none, then 2.13",
        "kernel Linux 6 x86_64, then Linux 7 x86_64",
    )
    assert comparison.notes[3].startswith("now: other processes kept 2.0 of 4 cores busy")


def test_json_goes_round():
    comparison = compared([teacher(26.0), student(accuracy=0.9)], [teacher(26.0), student(0.2)], limit=0.1)
    text = comparison.to_json()
    assert json.loads(text)["schema"] == 1
    assert Comparison.model_validate_json(text) == comparison


def test_a_record_goes_through_its_file(tmp_path):
    path = tmp_path / "benchmark.json"
    path.write_text(results.result().to_json())
    assert read_record(path) == results.result()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"schema": 1, "rows": []}', r"is a benchmark record of schema 1, this edgefer reads schema 2.*measure again"),
        ('{"schema": 3}', r"schema 3, this edgefer reads schema 2.*pip install --upgrade edgefer"),
        ('{"schema": 2}', "is no benchmark record of this version"),
        ("[]", "is no benchmark record of this version"),
        ("not json", "it is not JSON"),
        (None, "benchmark.json"),
    ],
)
def test_what_is_no_record_is_said_in_one_line(tmp_path, text, message):
    path = tmp_path / "benchmark.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(ArtifactError, match=message) as caught:
        read_record(path)
    assert "\n" not in str(caught.value)
