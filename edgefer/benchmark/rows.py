"""Candidates from files: what a row is called, and why it cannot run where that is known from the file alone."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.card import ModelCard
from edgefer.data.preprocess import network_input
from edgefer.errors import ArtifactError, EdgeferError

NEEDS_TORCH = "needs PyTorch, which is not installed: pip install 'edgefer[train]'"
_FLAVOURS = {"tensorrt": "TensorRT", "tensorrt_rtx": "TensorRT-RTX"}


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
        why = error.what
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
        return row.model_copy(update={"why": NEEDS_TORCH})
    from edgefer.export.onnx import export_onnx
    from edgefer.models.checkpoint import load

    try:
        network, card = load(checkpoint)
        card, _ = export_onnx(network, card, Path(row.target), network_input(faces[:8], card.input))
    except EdgeferError as error:
        return row.model_copy(update={"why": error.what})
    return row.model_copy(update={"model": card.name, "card": card})


def engine_row(path: Path, threads: int, trust: bool = False) -> Candidate:
    """An engine, by the card beside it."""
    card, why, runtime = None, "", "TensorRT"
    try:
        card = ModelCard.beside(path)
    except EdgeferError as error:
        why = "" if trust else error.what
    if card is not None:
        flavour = _FLAVOURS[card.engine.flavour] if card.engine else "TensorRT"
        runtime = f"{flavour} {card.precision.value.upper()}"
    return Candidate(
        model=card.name if card else path.stem,
        runtime=runtime,
        kind=Kind.ENGINE,
        target=str(path.resolve()),
        threads=threads,
        trust=trust,
        why=why,
        card=card,
    )


def has_torch() -> bool:
    """Whether PyTorch and what reads its checkpoints can be imported, without importing them."""
    return all(importlib.util.find_spec(name) is not None for name in ("torch", "safetensors"))


def _card(checkpoint: Path) -> tuple[ModelCard | None, str]:
    """The card of a checkpoint, or why there is none; the authors' `.pth` files have theirs made when they are opened."""
    from edgefer.models.checkpoint import read_card

    if checkpoint.suffix != ".safetensors":
        return None, "" if checkpoint.is_file() else f"{checkpoint} does not exist"
    try:
        return read_card(checkpoint), ""
    except ArtifactError as error:
        return None, error.what
