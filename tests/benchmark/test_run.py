from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest

from edgefer.benchmark.candidate import Role
from edgefer.benchmark.protocol import protocol_for
from edgefer.benchmark.run import benchmark_models
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.errors import DataError
from tests import tiny_net


def test_models_and_teacher_by_path(tmp_path, capfd):
    student, big = tiny_net.write(tmp_path / "s.onnx"), tmp_path / "t.onnx"
    tiny_net.write(big, tiny_net.model(seed=1), tiny_net.card(name="big"))
    result = benchmark_models(
        [student], str(big), tiny_net.faces(8), how=protocol_for((1, 4), 1, 0.02, 3, 0), threads=1
    )
    assert [(row.candidate.model, row.candidate.role) for row in result.rows] == [
        ("big (teacher)", Role.TEACHER),
        ("tiny", Role.STUDENT),
    ]
    assert all(row.cell(batch).latency for row in result.rows for batch in (1, 4))
    assert result.faces == "noise Training"
    assert {row.candidate.threads for row in result.rows} == {1}
    assert "benchmark" in capfd.readouterr().err


def test_nothing_is_left_behind_even_where_a_student_is_its_own_teacher(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    onnx = tiny_net.write(tmp_path / "s.onnx")
    benchmark_models([onnx], str(onnx), tiny_net.faces(2), how=protocol_for((1,), 1, 0.01, 3, 0), threads=1)
    assert not list((tmp_path / "temporary").iterdir())


def test_no_faces_are_refused():
    empty = FaceSet.of("made", "x", FER2013, np.empty((0, 48, 48), np.uint8), np.empty(0, np.int64))
    with pytest.raises(DataError, match="no faces"):
        benchmark_models([Path("x.onnx")], "resemotenet", empty)
