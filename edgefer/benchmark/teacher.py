"""The rows that every other row is compared with: the teacher in PyTorch, and the same teacher in ONNX Runtime."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Role
from edgefer.benchmark.fresh import fresh_rows
from edgefer.benchmark.rows import exported_row, has_torch, onnx_row, torch_row
from edgefer.card import InputSpec
from edgefer.errors import UsageError
from edgefer.models.registry import ARCHITECTURES
from edgefer.runtime.find import shipped_students
from edgefer.runtime.open import CHECKPOINTS, artifact


def teacher_rows(
    teacher: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    """Candidates for a checkpoint, a run's folder, an ONNX file (one row), or a name.

    A student that edgefer ships is its checkpoint, where there is PyTorch, and its ONNX file; an architecture has fresh
    weights.

    spec: the input of an architecture given by name. faces: uint8, at least one, to check an export on.
    workspace: a folder that outlives the suite; exports and fresh checkpoints land there. Rows that cannot be made here
    are kept with the reason. Raises UsageError when the name is none of these.
    """
    path = artifact(Path(teacher)) if Path(teacher).is_dir() else Path(teacher)
    shipped = shipped_students()
    if teacher in shipped and not path.exists():
        onnx = shipped[teacher]
        rows = [torch_row(onnx.with_suffix(".safetensors"), threads, Role.TEACHER)] if has_torch() else []
        rows.append(onnx_row(onnx, threads, Role.TEACHER))
    elif path.suffix == ".onnx":
        rows = [onnx_row(path, threads, Role.TEACHER)]
    elif path.suffix in CHECKPOINTS:
        rows = [torch_row(path, threads, Role.TEACHER), exported_row(path, faces, workspace, threads, Role.TEACHER)]
    elif teacher in ARCHITECTURES:
        rows = fresh_rows(teacher, spec, faces, workspace, threads, Role.TEACHER)
    else:
        near = difflib.get_close_matches(teacher, (*shipped, *ARCHITECTURES), n=1)
        known = f"did you mean '{near[0]}'?" if near else f"architectures are: {', '.join(ARCHITECTURES)}"
        raise UsageError(f"'{teacher}' is neither a checkpoint, an ONNX file, a student nor an architecture", known)
    return [row.model_copy(update={"model": f"{row.model} (teacher)"}) for row in rows]
