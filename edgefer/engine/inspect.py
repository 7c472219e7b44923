"""What is this file? For every artifact that edgefer knows, on any machine, without a GPU or torch."""

from __future__ import annotations

from collections import Counter
from math import prod
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, Field, ValidationError

from edgefer import paths
from edgefer.card import FILE
from edgefer.engine.description import Description
from edgefer.engine.details import DETAILS
from edgefer.errors import ArtifactError
from edgefer.json_text import read_object
from edgefer.quantize import calibration
from edgefer.quantize.manifest import MANIFEST

_Size = Annotated[int, Field(ge=0, lt=1 << 63)]
_KINDS = "a checkpoint (.safetensors, .pth), an ONNX file, an engine, a calibration set or a data store"


class _Tensor(BaseModel):
    """What the header of a safetensors file says of one tensor."""

    dtype: str
    shape: tuple[_Size, ...] = Field(max_length=16)
    data_offsets: tuple[_Size, _Size]


def describe(path: Path) -> Description:
    """Look at a file or a folder; raises ArtifactError when it is damaged beyond reading or of no known kind."""
    path = _main_file(path)
    if path.name == MANIFEST:
        return _data_store(path.parent) if (path.parent / "labels.npy").exists() else _calibration_set(path.parent)
    paths.require_file(path, _KINDS, f"name {_KINDS}")
    from edgefer.trt.plan import is_plan

    if path.suffix in {".engine", ".plan"} or is_plan(path):
        from edgefer.engine.inspect_engine import describe_engine

        return describe_engine(path)
    if path.suffix == ".onnx":
        from edgefer.engine.inspect_onnx import describe_onnx

        return describe_onnx(path)
    if path.suffix == ".safetensors":
        return _checkpoint(path)
    if path.suffix in {".pth", ".pt"}:
        return _pickle(path)
    raise ArtifactError(f"{path} is nothing that edgefer knows", f"it reads {_KINDS}")


def _main_file(path: Path) -> Path:
    """What stands for a folder: its manifest, engine, checkpoint or ONNX file. A file of an engine's folder stands for it."""
    folder = path.parent if path.name in {FILE, DETAILS} else path
    if not folder.is_dir():
        return path
    for pattern in (MANIFEST, "*.engine", "*.plan", "best.safetensors", "*.safetensors", "*.onnx"):
        if found := sorted(folder.glob(pattern)):
            return found[0]
    raise ArtifactError(f"{folder} holds nothing that edgefer knows", f"name {_KINDS}")


def _checkpoint(path: Path) -> Description:
    """From the header alone: a little-endian length, then JSON with the place of each tensor."""
    from edgefer.models.checkpoint import read_card

    card = read_card(path)
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        header = read_object(handle.read(length))
    try:
        tensors = [_Tensor.model_validate(entry) for name, entry in header.items() if name != "__metadata__"]
    except ValidationError as error:
        raise ArtifactError(f"{path} is not a safetensors checkpoint, or is damaged", f"name {_KINDS}") from error
    kinds: Counter[str] = Counter()
    for tensor in tensors:
        kinds[tensor.dtype.lower()] += prod(tensor.shape)
    end = 8 + length + max((tensor.data_offsets[1] for tensor in tensors), default=0)
    size = path.stat().st_size
    problems = () if size == end else (f"it is cut off or longer than it should be: {size} bytes, not {end}",)
    return Description(
        "checkpoint", path, size, {"tensors": len(tensors), "values": dict(kinds.most_common())}, card, problems
    )


def _pickle(path: Path) -> Description:
    from edgefer.errors import BackendError

    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise BackendError(
            f"{path} is a PyTorch file, which only PyTorch reads", "pip install 'edgefer[train]'"
        ) from error
    from edgefer.models.checkpoint import load

    _, card = load(path)
    return Description("checkpoint", path, path.stat().st_size, {"layout": "PyTorch state dict"}, card)


def _calibration_set(folder: Path) -> Description:
    calibration_set = calibration.open_calibration_set(folder)
    manifest = calibration_set.manifest
    facts = {
        "faces": len(calibration_set),
        "for": manifest.model,
        "from": f"{manifest.dataset} {manifest.split}",
        "data hash": manifest.data_sha256,
        "emotions": manifest.counts,
        "mean grey": manifest.coverage.drawn.model_dump(),
        "skipped": manifest.skipped or "none",
        "exclusion list": manifest.exclude.file if manifest.exclude else "none",
        "input": manifest.input.model_dump(mode="json"),
        "seed": manifest.seed,
        "faces hash": manifest.faces_sha256,
    }
    return Description("calibration set", folder, (folder / calibration.FACES).stat().st_size, facts)


def _data_store(folder: Path) -> Description:
    from edgefer.data.store import open_store
    from edgefer.data.summary import summarise_store

    summary = summarise_store(open_store(folder, verify=True))
    facts = {
        "name": summary.name,
        "face size": list(summary.size),
        "emotions": list(summary.emotions),
        "splits": summary.counts,
        "source": summary.source,
        "hash": summary.sha256,
    }
    return Description("data store", folder, summary.bytes, facts)
