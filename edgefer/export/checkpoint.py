"""Export by file name: finds the checkpoint, the place to write, and the faces to check on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.data.load import load_faces
from edgefer.data.preprocess import network_input
from edgefer.errors import BackendError, EdgeferError, UsageError
from edgefer.evaluate.agreement import Agreement
from edgefer.export.onnx import export_onnx
from edgefer.paths import require_file_place
from edgefer.runtime.open import CHECKPOINTS, artifact
from edgefer.runtime.session import Array

CHECKED_FACES = 256


@dataclass(frozen=True)
class Exported:
    """An ONNX file, its card, and how close it is to its checkpoint."""

    path: Path
    card: ModelCard
    parity: Agreement


def export_checkpoint(model: Path, out: Path | None = None, data: str | None = None) -> Exported:
    """Export a checkpoint (or the best one in a run's folder) to `out`, by default `<name>.onnx` beside it.

    Raises ArtifactError before anything is loaded where `out` cannot be written.
    """
    if out is not None:
        require_file_place(out)
    path = artifact(model)
    if path.suffix not in CHECKPOINTS:
        raise UsageError(f"{path} is no checkpoint", "name a .safetensors or .pth file, or a run's folder")
    try:
        from edgefer.models.checkpoint import load, read_scales

        network, card = load(path)
        scales = read_scales(path)
    except ImportError as error:
        raise BackendError(
            f"export needs {error.name}, which is not installed", "pip install 'edgefer[train]'"
        ) from error
    target = out or path.with_name(f"{card.name}.onnx")
    card, parity = export_onnx(network, card, target, checking_pixels(card, data), scales)
    return Exported(target, card, parity)


def checking_pixels(card: ModelCard, data: str | None = None) -> Array:
    """Real faces as this network's input: from `data`, else from what it was trained on, else the demo faces."""
    splits = card.provenance.splits or ("PublicTest",)
    try:
        faces = load_faces(data or card.provenance.dataset or "demo", splits[-1])
    except EdgeferError:
        if data:
            raise
        faces = load_faces("demo", "PublicTest")
    return network_input(faces.pixels[:CHECKED_FACES], card.input)
