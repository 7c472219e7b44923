"""The rows that every other row is compared with: the teacher in PyTorch, and the same teacher in ONNX Runtime."""

from __future__ import annotations

import difflib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import NEEDS_TORCH, exported_row, has_torch, onnx_row, torch_row
from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013
from edgefer.errors import UsageError
from edgefer.runtime.open import CHECKPOINTS, artifact

UNTRAINED = "untrained weights: latency and memory do not depend on them"


def teacher_rows(
    teacher: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    """Candidates for a checkpoint, a run's folder, an ONNX file (one row), or an architecture's name with fresh weights.

    spec: the input of an architecture given by name. faces: uint8, at least one, to check an export on.
    workspace: a folder that outlives the suite; exports and fresh checkpoints land there. Rows that cannot be made here
    are kept with the reason. Raises UsageError when the name is neither a file of these kinds nor an architecture.
    """
    path = artifact(Path(teacher)) if Path(teacher).is_dir() else Path(teacher)
    if path.suffix == ".onnx":
        rows = [onnx_row(path, threads, Role.TEACHER)]
    elif path.suffix in CHECKPOINTS:
        rows = [torch_row(path, threads, Role.TEACHER), exported_row(path, faces, workspace, threads, Role.TEACHER)]
    else:
        rows = _fresh(teacher, spec, faces, workspace, threads)
    return [row.model_copy(update={"model": f"{row.model} (teacher)"}) for row in rows]


def _fresh(
    architecture: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    from edgefer.models.registry import ARCHITECTURES, build

    if architecture not in ARCHITECTURES:
        near = difflib.get_close_matches(architecture, ARCHITECTURES, n=1)
        known = f"did you mean '{near[0]}'?" if near else f"architectures are: {', '.join(ARCHITECTURES)}"
        raise UsageError(f"'{architecture}' is neither a checkpoint, an ONNX file nor an architecture", known)
    if not has_torch():
        return [
            Candidate(
                model=architecture,
                runtime=runtime,
                kind=kind,
                target="",
                role=Role.TEACHER,
                threads=threads,
                why=NEEDS_TORCH,
            )
            for kind, runtime in ((Kind.TORCH, "PyTorch FP32"), (Kind.ONNXRUNTIME, "ONNX Runtime FP32"))
        ]
    from edgefer.models.checkpoint import save

    body = build(architecture, channels=spec.channels, classes=len(FER2013))
    card = ModelCard(
        name=architecture,
        architecture=architecture,
        parameters=sum(parameter.numel() for parameter in body.parameters()),
        labels=FER2013,
        input=spec,
    )
    path = workspace / f"{architecture}.safetensors"
    save(path, body, card)
    return [
        torch_row(path, threads, Role.TEACHER, UNTRAINED),
        exported_row(path, faces, workspace, threads, Role.TEACHER, UNTRAINED),
    ]
