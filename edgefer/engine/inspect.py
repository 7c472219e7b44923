"""What is this file? For every artifact that edgefer knows, on any machine, without a GPU or torch."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from edgefer import paths
from edgefer.card import FILE, ModelCard
from edgefer.errors import ArtifactError, EdgeferError
from edgefer.quantize import calibration
from edgefer.quantize.manifest import MANIFEST

Kind = Literal["checkpoint", "onnx", "engine", "calibration set", "data store"]
_KINDS = "a checkpoint (.safetensors, .pth), an ONNX file, an engine, a calibration set or a data store"


@dataclass(frozen=True)
class Description:
    """facts: what the file itself says, in the order to print it, plain JSON values. card: None where there is none.

    problems: what is wrong with it, in words; empty for a sound artifact.
    """

    kind: Kind
    path: Path
    size_bytes: int
    facts: dict[str, Any]
    card: ModelCard | None = None
    problems: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "kind": self.kind,
            "path": str(self.path),
            "size_bytes": self.size_bytes,
            "facts": self.facts,
            "card": self.card.model_dump(mode="json") if self.card else None,
            "problems": list(self.problems),
        }


def describe(path: Path) -> Description:
    """Look at a file or a folder; raises ArtifactError when it is damaged beyond reading or of no known kind."""
    path = _main_file(path)
    if path.name == MANIFEST:
        return _data_store(path.parent) if (path.parent / "labels.npy").exists() else _calibration_set(path.parent)
    paths.require_file(path, _KINDS, f"name {_KINDS}")
    from edgefer.trt.plan import is_plan

    if path.suffix in {".engine", ".plan"} or is_plan(path):
        return _engine(path)
    if path.suffix == ".onnx":
        return _onnx(path)
    if path.suffix == ".safetensors":
        return _checkpoint(path)
    if path.suffix in {".pth", ".pt"}:
        return _pickle(path)
    raise ArtifactError(f"{path} is nothing that edgefer knows", f"it reads {_KINDS}")


def _main_file(path: Path) -> Path:
    """What stands for a folder: its manifest, engine, checkpoint or ONNX file. `card.json` stands for its engine."""
    folder = path.parent if path.name == FILE else path
    if not folder.is_dir():
        return path
    for pattern in (MANIFEST, "*.engine", "*.plan", "best.safetensors", "*.safetensors", "*.onnx"):
        if found := sorted(folder.glob(pattern)):
            return found[0]
    raise ArtifactError(f"{folder} holds nothing that edgefer knows", f"name {_KINDS}")


def _engine(path: Path) -> Description:
    from edgefer.trt import driver, passport
    from edgefer.trt.plan import read_header

    header = read_header(path)
    card, problems = None, []
    try:
        card = ModelCard.beside(path)
        if problem := passport.disagreement(header, paths.sha256(path), card.engine):
            problems.append(f"it {problem}")
    except ArtifactError as error:
        problems.append(error.what)
    facts: dict[str, Any] = {"flavour": header.flavour, "version": header.version}
    if card and card.engine:
        facts |= {
            "targets": list(card.engine.targets),
            "batch": list(card.engine.batch),
            "census": card.engine.census,
            "built on": card.engine.gpu or "no GPU",
        }
    try:
        passport.verify(path, driver.probe())
        facts["runs here"] = "yes"
    except EdgeferError as error:
        facts["runs here"] = f"no, it {error.what.removeprefix(f'{path} ')}"
    return Description("engine", path, header.size_bytes, facts, card, tuple(problems))


def _onnx(path: Path) -> Description:
    import onnx
    from google.protobuf.message import DecodeError

    from edgefer.card import KEY
    from edgefer.quantize import graph

    try:
        model = onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise ArtifactError(f"{path} is not an ONNX file, or is damaged", "write it with edgefer export") from error
    if not model.graph.node:
        raise ArtifactError(f"{path} is not an ONNX file, or is empty", "write it with edgefer export")
    metadata = {item.key: item.value for item in model.metadata_props}
    card = ModelCard.from_json(metadata[KEY], str(path)) if KEY in metadata else None
    problems = [] if card else ["it holds no edgefer model card, so its labels and preprocessing are unknown"]
    weights: Counter[str] = Counter()
    for item in model.graph.initializer:
        values = 1
        for size in item.dims:
            values *= size
        weights[onnx.TensorProto.DataType.Name(item.data_type).lower()] += values
    constants = {item.name for item in model.graph.initializer}
    facts = {
        "input": [_tensor(item) for item in model.graph.input if item.name not in constants],
        "output": [_tensor(item) for item in model.graph.output],
        "opset": {item.domain or "ai.onnx": item.version for item in model.opset_import},
        "made by": f"{model.producer_name} {model.producer_version}".strip(),
        "weights": dict(weights.most_common()),
        "operators": dict(Counter(node.op_type for node in model.graph.node).most_common()),
        "census": graph.census(model),
    }
    return Description("onnx", path, path.stat().st_size, facts, card, tuple(problems))


def _tensor(value: Any) -> str:
    import onnx

    tensor = value.type.tensor_type
    sizes = ", ".join(str(dim.dim_value or dim.dim_param or "?") for dim in tensor.shape.dim)
    return f"{value.name}: {onnx.TensorProto.DataType.Name(tensor.elem_type).lower()} [{sizes}]"


def _checkpoint(path: Path) -> Description:
    """From the header alone: a little-endian length, then JSON with the place of each tensor."""
    import json

    from edgefer.models.checkpoint import read_card

    card = read_card(path)
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        header = json.loads(handle.read(length))
    tensors = {name: entry for name, entry in header.items() if name != "__metadata__"}
    kinds: Counter[str] = Counter()
    for entry in tensors.values():
        values = 1
        for size in entry["shape"]:
            values *= size
        kinds[entry["dtype"].lower()] += values
    end = 8 + length + max((entry["data_offsets"][1] for entry in tensors.values()), default=0)
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
