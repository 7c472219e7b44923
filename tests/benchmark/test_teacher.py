from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer.benchmark import fresh, teacher
from edgefer.benchmark.candidate import Kind, Role
from edgefer.card import InputSpec
from edgefer.errors import UsageError
from tests import tiny_net

FACES = np.zeros((4, 48, 48), np.uint8)
SPEC = InputSpec(height=48, width=48)


def test_an_architecture_is_built_saved_and_exported(tmp_path):
    torch, ort = teacher.teacher_rows("mini-resemotenet-c", SPEC, FACES, tmp_path, 1)
    assert (torch.kind, ort.kind) == (Kind.TORCH, Kind.ONNXRUNTIME)
    assert torch.role is ort.role is Role.TEACHER
    assert "untrained" in torch.note
    assert torch.note == ort.note
    assert torch.model == ort.model
    # One channel in place of the paper's three takes 2 x 9 weights from each of the 64 filters' eighth.
    assert torch.card.parameters == 1_259_911 - 2 * 9 * 8
    assert ort.card.trimmed
    assert all(Path(row.target).is_file() for row in (torch, ort))


def test_an_onnx_file_is_one_row(tmp_path):
    (row,) = teacher.teacher_rows(str(tiny_net.write(tmp_path / "t.onnx")), SPEC, FACES, tmp_path, 1)
    assert (row.role, row.model, row.note) == (Role.TEACHER, "tiny (teacher)", "")


def test_a_checkpoint_that_is_not_there_keeps_its_rows(tmp_path):
    rows = teacher.teacher_rows(str(tmp_path / "gone.safetensors"), SPEC, FACES, tmp_path, 1)
    assert len(rows) == 2
    assert all("does not exist" in row.why for row in rows)


def test_without_torch_the_rows_say_so(tmp_path, monkeypatch):
    monkeypatch.setattr(fresh, "has_torch", lambda: False)
    rows = teacher.teacher_rows("resemotenet", SPEC, FACES, tmp_path, 1)
    assert [row.runtime for row in rows] == ["PyTorch FP32", "ONNX Runtime FP32"]
    assert all("pip install 'edgefer[train]'" in row.why for row in rows)


def test_an_engine_is_no_teacher(tmp_path):
    with pytest.raises(UsageError, match=r"x\.engine' is neither"):
        teacher.teacher_rows("x.engine", SPEC, FACES, tmp_path, 1)


def test_a_misspelt_architecture_is_corrected(tmp_path):
    with pytest.raises(UsageError, match="did you mean 'resemotenet'"):
        teacher.teacher_rows("resemotnet", SPEC, FACES, tmp_path, 1)


def test_a_student_of_edgefers_own_is_its_two_files(tmp_path, monkeypatch):
    rows = teacher.teacher_rows("fer2013-c-best", SPEC, FACES, tmp_path, 1)
    assert [row.kind for row in rows] == [Kind.TORCH, Kind.ONNXRUNTIME]
    assert {row.model for row in rows} == {"fer2013-c-best (teacher)"}
    monkeypatch.setattr(teacher, "has_torch", lambda: False)
    (row,) = teacher.teacher_rows("fer2013-c-best", SPEC, FACES, tmp_path, 1)
    assert row.kind is Kind.ONNXRUNTIME
    assert not list(tmp_path.glob("*.*"))
    with pytest.raises(UsageError, match="did you mean 'fer2013-c-best'"):
        teacher.teacher_rows("fer2013-c-bset", SPEC, FACES, tmp_path, 1)
