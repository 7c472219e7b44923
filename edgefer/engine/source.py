"""From whatever names a model to the ONNX file that an engine is built from."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.errors import UsageError
from edgefer.runtime.open import CHECKPOINTS, artifact
from edgefer.trt.rebuild import ONNX


def file_of(model: Path) -> Path:
    """The file that an engine is built from: a checkpoint or an ONNX file; an engine's folder gives its own.

    Raises ArtifactError and UsageError for what is no such file.
    """
    path = artifact(model)
    if path.suffix == ".onnx" or path.suffix in CHECKPOINTS:
        return path
    source = path.parent / ONNX
    if not source.is_file():
        raise UsageError(f"{path} is an engine, and {source} is not there", "name a checkpoint or an ONNX file")
    return source


def name_of(model: Path) -> str:
    """What a card calls the model or the calibration set of an engine: its path from here where it lies below, else its name alone.

    A card goes with its engine to other machines and people: where they lay on this one is nobody's business there.
    """
    whole, here = Path(os.path.normpath(Path.cwd() / model)), Path.cwd()
    return whole.relative_to(here).as_posix() if here in whole.parents else whole.name


@contextlib.contextmanager
def onnx_of(model: Path) -> Iterator[Path]:
    """The ONNX file of a model, to be used inside the block.

    A checkpoint (or a run's folder) is exported for the time being, an engine's folder gives the file it was built from.
    """
    path = file_of(model)
    if path.suffix == ".onnx":
        yield path
        return
    from edgefer.export.checkpoint import export_checkpoint

    with tempfile.TemporaryDirectory(prefix="edgefer-export-") as folder:
        yield export_checkpoint(path, Path(folder) / ONNX).path


def card_of(model: Path) -> ModelCard:
    """The card of a checkpoint, an ONNX file, an engine or a folder of one; opens no network."""
    path = artifact(model)
    if path.suffix == ".onnx":
        from edgefer.runtime.onnx import read_card as read_onnx

        return read_onnx(path)
    if path.suffix == ".safetensors":
        from edgefer.models.checkpoint import read_card

        return read_card(path)
    if path.suffix in CHECKPOINTS:
        from edgefer.models.checkpoint import load

        return load(path)[1]
    return ModelCard.beside(path)
