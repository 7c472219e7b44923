"""Architectures by name: networks with fresh weights, whose latency and memory are those of trained ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import NEEDS_TORCH, exported_row, has_torch, torch_row
from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013
from edgefer.models.registry import build, find

UNTRAINED = "untrained weights: latency and memory do not depend on them"


def fresh_rows(
    architecture: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int, role: Role
) -> list[Candidate]:
    """An architecture in PyTorch as it is published, and trimmed in ONNX Runtime; without PyTorch, the reason.

    spec: its input. faces: uint8, at least one, to check the export on. Both files land in `workspace`. Raises UsageError
    for an unknown name.
    """
    find(architecture)
    if not has_torch():
        return [
            Candidate(
                model=architecture, runtime=runtime, kind=kind, target="", role=role, threads=threads, why=NEEDS_TORCH
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
        torch_row(path, threads, role, UNTRAINED),
        exported_row(path, faces, workspace, threads, role, UNTRAINED),
    ]
