from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgefer.benchmark import run
from edgefer.benchmark.candidate import Role
from edgefer.benchmark.judgement import judge
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.run import benchmark_models, foretold, make_suite
from edgefer.benchmark.variants import Wish
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.errors import DataError
from tests import tiny_net
from tests.benchmark.test_variants import CPU, NO_GPU

ONE = Wish(threads=(1,), int8=False)


def test_models_and_teacher_by_path(tmp_path, capfd):
    student, big = tiny_net.write(tmp_path / "s.onnx"), tmp_path / "t.onnx"
    tiny_net.write(big, tiny_net.model(seed=1), tiny_net.card(name="big"))
    result = benchmark_models([student], str(big), tiny_net.faces(8), how=protocol_for((1, 4), 1, 0.02, 3, 0), wish=ONE)
    assert [(row.candidate.model, row.candidate.role) for row in result.rows] == [
        ("big (teacher)", Role.TEACHER),
        ("tiny", Role.STUDENT),
    ]
    assert all(row.cell(batch).latency for row in result.rows for batch in (1, 4))
    assert result.faces == "noise Training"
    assert {row.candidate.threads for row in result.rows} == {1}
    assert "benchmark" in capfd.readouterr().err
    assert result.verdicts == judge(result) != ()


def test_nothing_is_left_behind_even_where_a_student_is_its_own_teacher(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    onnx = tiny_net.write(tmp_path / "s.onnx")
    benchmark_models([onnx], str(onnx), tiny_net.faces(2), how=protocol_for((1,), 1, 0.01, 3, 0), wish=ONE)
    assert not list((tmp_path / "temporary").iterdir())


def test_no_faces_are_refused():
    empty = FaceSet.of("made", "x", FER2013, np.empty((0, 48, 48), np.uint8), np.empty(0, np.int64))
    with pytest.raises(DataError, match="no faces"):
        benchmark_models([Path("x.onnx")], "resemotenet", empty)


@pytest.fixture
def onnx(tmp_path):
    return tiny_net.write(tmp_path / "s.onnx")


def rows_of(onnx, tmp_path, wish):
    (tmp_path / "w").mkdir()
    return make_suite([onnx], str(onnx), tiny_net.faces(2).pixels, tmp_path / "w", wish)


def test_the_suite_is_the_teacher_then_students_in_every_way_that_there_is(onnx, tmp_path, monkeypatch):
    monkeypatch.setattr(run, "probe", lambda: CPU)
    suite = rows_of(onnx, tmp_path, Wish())
    assert [row.name for row in suite.candidates] == [
        "tiny (teacher), ONNX Runtime FP32",
        "tiny, ONNX Runtime FP32",
        "tiny, ONNX Runtime FP32, 1 thread",
        "tiny, ONNX Runtime INT8",
        "tiny, ONNX Runtime INT8, 1 thread",
    ]
    assert all(NO_GPU in one for one in suite.left_out)


def test_int8_files_are_not_made_when_they_are_not_wanted(onnx, tmp_path):
    assert len(rows_of(onnx, tmp_path, ONE).candidates) == 2


def test_what_is_left_out_is_told_and_on_record(onnx, monkeypatch, capfd):
    monkeypatch.setattr(run, "probe", lambda: CPU)
    result = benchmark_models([onnx], str(onnx), tiny_net.faces(2), how=protocol_for((1,), 1, 0.01, 3, 0), wish=ONE)
    assert result.left_out
    said = capfd.readouterr().err
    assert all(one in said for one in result.left_out)
    assert "2 rows, about " in said


def test_the_time_foretold_grows_with_rows_and_effort(onnx, tmp_path):
    rows = rows_of(onnx, tmp_path, ONE).candidates
    short, long = protocol_for((1,), 1, 0.5, 3, 0), protocol_for((1, 8), 5, 3.0)
    assert foretold(rows[:1], short) < foretold(rows, short) < foretold(rows, long)
    broken = [row.model_copy(update={"why": "damaged"}) for row in rows]
    assert foretold(broken, long) == 0


def test_accuracy_is_measured_when_it_is_asked_for(onnx):
    faces = tiny_net.faces(14, split="PublicTest")
    how = protocol_for((1,), 1, 0.01, 3, 0)
    result = benchmark_models([onnx], str(onnx), faces, how=how, wish=ONE, evaluate=True)
    assert [row.measurement.faces for row in result.rows] == [14, 14]
