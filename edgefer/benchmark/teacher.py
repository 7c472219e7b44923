"""The rows that every other row is compared with: the teacher in PyTorch, and the same teacher in ONNX Runtime."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.card import InputSpec, ModelCard
from edgefer.data.preprocess import network_input
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError, EdgeferError, UsageError

DEFAULT = "resemotenet"
UNTRAINED = "untrained weights: latency and memory do not depend on them"
_INSTALL = "needs PyTorch, which is not installed: pip install 'edgefer[train]'"


def teacher_rows(
    teacher: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    """Candidates for a checkpoint, an ONNX file (one row), or the name of an architecture with fresh weights.

    spec: the input of an architecture given by name. faces: uint8, at least one, to check an export on.
    workspace: a folder that outlives the suite; exports and fresh checkpoints land there. Rows that cannot be made here
    are kept with the reason. Raises UsageError when the name is neither a file nor an architecture.
    """
    path = Path(teacher)
    if path.suffix == ".onnx":
        return [onnx_row(path, threads, Role.TEACHER)]
    if path.suffix:
        return [torch_row(path, threads, Role.TEACHER), exported_row(path, faces, workspace, threads, Role.TEACHER)]
    return _fresh(teacher, spec, faces, workspace, threads)


def torch_row(path: Path, threads: int, role: Role, note: str = "") -> Candidate:
    """A checkpoint in PyTorch."""
    card, why = _card(path)
    return Candidate(
        model=card.name if card else path.stem,
        runtime="PyTorch FP32",
        kind=Kind.TORCH,
        target=str(path.resolve()),
        role=role,
        threads=threads,
        note=note,
        why=why,
        card=card,
    )


def onnx_row(path: Path, threads: int, role: Role, note: str = "") -> Candidate:
    """An ONNX file in ONNX Runtime."""
    from edgefer.runtime.onnx import read_card

    card, why = None, ""
    try:
        card = read_card(path)
    except EdgeferError as error:
        why = str(error)
    return Candidate(
        model=card.name if card else path.stem,
        runtime=f"ONNX Runtime {card.precision.value.upper()}" if card else "ONNX Runtime",
        kind=Kind.ONNXRUNTIME,
        target=str(path.resolve()),
        role=role,
        threads=threads,
        note=note,
        why=why,
        card=card,
    )


def exported_row(
    checkpoint: Path, faces: npt.NDArray[np.uint8], workspace: Path, threads: int, role: Role, note: str = ""
) -> Candidate:
    """A checkpoint, exported for this benchmark, in ONNX Runtime; the reason instead when it cannot be exported."""
    known, why = _card(checkpoint)
    row = Candidate(
        model=known.name if known else checkpoint.stem,
        runtime="ONNX Runtime FP32",
        kind=Kind.ONNXRUNTIME,
        target=str(workspace / f"{checkpoint.parent.name}-{checkpoint.stem}.onnx"),
        role=role,
        threads=threads,
        note=note,
        why=why,
        card=known,
    )
    if why:
        return row
    if not has_torch():
        return row.model_copy(update={"why": _INSTALL})
    from edgefer.export.onnx import export_onnx
    from edgefer.models.checkpoint import load

    try:
        network, card = load(checkpoint)
        card, _ = export_onnx(network, card, Path(row.target), network_input(faces[:8], card.input))
    except EdgeferError as error:
        return row.model_copy(update={"why": str(error)})
    return row.model_copy(update={"model": card.name, "card": card})


def has_torch() -> bool:
    """Whether PyTorch can be imported, without importing it."""
    return importlib.util.find_spec("torch") is not None


def _fresh(
    architecture: str, spec: InputSpec, faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    from edgefer.models.registry import ARCHITECTURES, build

    if architecture not in ARCHITECTURES:
        import difflib

        near = difflib.get_close_matches(architecture, ARCHITECTURES, n=1)
        known = f"did you mean '{near[0]}'?" if near else f"architectures are: {', '.join(ARCHITECTURES)}"
        raise UsageError(f"'{architecture}' is neither a model file nor an architecture", known)
    name = f"{architecture} (teacher)"
    if not has_torch():
        return [
            Candidate(
                model=name, runtime=runtime, kind=kind, target="", role=Role.TEACHER, threads=threads, why=_INSTALL
            )
            for kind, runtime in ((Kind.TORCH, "PyTorch FP32"), (Kind.ONNXRUNTIME, "ONNX Runtime FP32"))
        ]
    from edgefer.models.checkpoint import save

    body = build(architecture, channels=spec.channels, classes=len(FER2013))
    card = ModelCard(
        name=name,
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


def _card(checkpoint: Path) -> tuple[ModelCard | None, str]:
    """The card of a checkpoint, or why there is none; the authors' `.pth` files have theirs made when they are opened."""
    from edgefer.models.checkpoint import read_card

    if checkpoint.suffix != ".safetensors":
        return None, "" if checkpoint.is_file() else f"{checkpoint} does not exist"
    try:
        return read_card(checkpoint), ""
    except ArtifactError as error:
        return None, str(error)
