"""Open one teacher of any kind: checkpoint, ONNX file, timm network, TorchScript program or what a function returns."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from edgefer.card import ModelCard
from edgefer.distill.batches import fit
from edgefer.distill.teachers_answer import checked, class_order, log_probabilities, values_of
from edgefer.distill.teachers_input import rendered
from edgefer.distill.teachers_onnx import OnnxGraph, external_files
from edgefer.errors import ArtifactError, EdgeferError
from edgefer.models.adapters import build_by_factory, factory_source, fill, load_torchscript, reason
from edgefer.models.adapters_timm import build_timm, import_timm
from edgefer.models.checkpoint import load
from edgefer.paths import require_file, sha256, sha256_of
from edgefer.recipe_teachers import (
    TIMM,
    CardTeacher,
    FactoryTeacher,
    ForeignTeacher,
    OnnxTeacher,
    ScriptTeacher,
    TeacherModel,
    TimmTeacher,
)
from edgefer.runtime.onnx import OnnxSession, has_card

# Faces of 224 pixels are asked 334 at a time, those of 48 pixels all at once; the answers do not depend on it.
_PIXELS_AT_ONCE = 1 << 24


@dataclass(frozen=True)
class Teacher:
    """One trained network.

    ask: float pixels 0..255 `[N, 1 or 3, H, W]` in any size -> logits `[N, classes]` in the students' order.
    sha256: of its files, and of all that the recipe says of it. weight: its share, relative to the others'.
    network: the torch module, frozen, where it is one. card: its card, where it has one.
    """

    name: str
    ask: Callable[[Tensor], Tensor]
    sha256: str
    weight: float = 1.0
    network: nn.Module | None = None
    card: ModelCard | None = None


def open_checkpoint(path: Path, labels: Sequence[str], device: torch.device) -> Teacher:
    """A checkpoint of edgefer's or of ResEmoteNet's authors. Raises as `load_teachers`."""
    network, card = load(path)
    network = network.requires_grad_(requires_grad=False).to(device)
    order = class_order(card.labels, labels, card.name)

    def ask(pixels: Tensor) -> Tensor:
        return network(fit(pixels, card.input))[:, order]

    return Teacher(card.name, ask, sha256(path), network=network, card=card)


def open_model(model: TeacherModel, labels: Sequence[str], device: torch.device) -> Teacher:
    """What one `[[teacher.models]]` of a recipe says. Raises as `load_teachers`."""
    if isinstance(model, CardTeacher):
        path = Path(model.source)
        opened = (_open_carded_onnx if path.suffix == ".onnx" else open_checkpoint)(path, labels, device)
        return replace(opened, sha256=sha256_of(opened.sha256, str(model.weight)), weight=model.weight)
    return _open_foreign(model, labels, device)


def _open_carded_onnx(path: Path, labels: Sequence[str], _device: torch.device) -> Teacher:
    require_file(path, "an ONNX file", "name a file that is there")
    if not has_card(path):
        raise ArtifactError(
            f"{path} holds no edgefer model card, so its labels and preprocessing are unknown",
            "add to its [[teacher.models]]: labels, size, colour, mean and std",
        )
    external_files(path)
    session = OnnxSession(path, threads=torch.get_num_threads())
    order = class_order(session.card.labels, labels, session.card.name)

    def ask(pixels: Tensor) -> Tensor:
        faces = fit(pixels, session.card.input).float().cpu().numpy()
        return torch.from_numpy(session.infer(faces)).to(pixels.device)[:, order]

    return Teacher(session.card.name, ask, sha256(path), card=session.card)


def _open_foreign(model: ForeignTeacher, labels: Sequence[str], device: torch.device) -> Teacher:
    """A network without a card, asked once about noise, so that what does not fit is found before hours of work."""
    order = class_order(model.labels, labels, model.source)
    run, network, contents = _runner(model, device)
    values = partial(_values, model, run)
    _rehearse(model, values, device)

    def ask(pixels: Tensor) -> Tensor:
        answer = values(pixels)
        return (log_probabilities(answer) if model.gives == "probabilities" else answer)[:, order]

    # Paths are left out: a file that moved is still the same teacher.
    said = model.model_dump_json(exclude={"source", "weights"} if _is_file(model) else {"weights"})
    name = Path(model.source).stem if _is_file(model) else model.source.removeprefix(TIMM)
    return Teacher(name, ask, sha256_of(type(model).__name__, said, *contents), model.weight, network)


def _values(model: ForeignTeacher, run: Callable[[Tensor], Any], pixels: Tensor) -> Tensor:
    """The model's own numbers for faces, `[N, its labels]`: neither reordered nor turned into logits yet."""
    parts = pixels.split(max(1, _PIXELS_AT_ONCE // model.size**2))
    return torch.cat([values_of(run(rendered(part, model)), model) for part in parts]).to(pixels.device)


def _rehearse(model: ForeignTeacher, values: Callable[[Tensor], Tensor], device: torch.device) -> None:
    noise = torch.randint(0, 256, (3, 1, 48, 48), generator=torch.Generator().manual_seed(0))
    try:
        with torch.no_grad():
            answer = values(noise.float().to(device))
    except EdgeferError:
        raise
    except Exception as error:
        shape = list(rendered(noise.float(), model).shape)
        raise ArtifactError(
            f"teacher {model.source} fails on pixels {shape}: {reason(error)}", "check its size, channels and layout"
        ) from error
    checked(answer, model)


def _runner(
    model: ForeignTeacher, device: torch.device
) -> tuple[Callable[[Tensor], Any], nn.Module | None, tuple[str, ...]]:
    """How to run it, its torch module, and the hashes of what it is made of."""
    if isinstance(model, OnnxTeacher):
        path = Path(model.source)
        files = (path, *external_files(path))
        if has_card(path):
            raise ArtifactError(
                f"{path} holds an edgefer model card, which says its labels and preprocessing",
                "leave source and weight alone in its [[teacher.models]]",
            )
        return OnnxGraph(path), None, tuple(map(sha256, files))
    if isinstance(model, ScriptTeacher):
        network = load_torchscript(Path(model.source), model.sha256)
        made: tuple[str, ...] = (model.sha256,)
    elif isinstance(model, TimmTeacher):
        network = build_timm(model.source.removeprefix(TIMM), len(model.labels), model.depth, model.options)
        network = fill(network, model.weights, model.rename)
        made = (sha256(model.weights), import_timm().__version__)
    else:
        assert isinstance(model, FactoryTeacher)
        network = build_by_factory(model.source, model.options)
        code = factory_source(model.source)
        made = (sha256(code) if code else "",)
        if model.weights is not None:
            network = fill(network, model.weights, model.rename)
            made = (*made, sha256(model.weights))
        else:
            made = (*made, _state_sha256(network))
    network = network.to(device)
    return network, network, made


def _is_file(model: ForeignTeacher) -> bool:
    return isinstance(model, (OnnxTeacher, ScriptTeacher))


def _state_sha256(network: nn.Module) -> str:
    digest = hashlib.sha256()
    for name, tensor in network.state_dict().items():
        digest.update(f"{name} {tensor.dtype} {list(tensor.shape)}\n".encode())
        digest.update(tensor.cpu().contiguous().flatten().view(torch.uint8).numpy().data)
    return digest.hexdigest()
