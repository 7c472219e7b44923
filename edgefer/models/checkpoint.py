"""Checkpoints: safetensors with the model card in the metadata; the ResEmoteNet authors' `.pth` files load too.

Nothing here executes what it loads (`edgefer.models.weights`).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.card import KEY, InputSpec, ModelCard
from edgefer.emotions import FER2013, RESEMOTENET
from edgefer.errors import ArtifactError
from edgefer.json_text import read_object
from edgefer.models.weights import read_weights
from edgefer.paths import atomic_file, require_file
from edgefer.scales import KEY as SCALES
from edgefer.scales import LayerScales, ScaleTable, weights_sha256

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor, nn

    from edgefer.models.network import Network

_FIX = "name a checkpoint that edgefer train or edgefer distill wrote (best.safetensors)"
_IMAGENET_MEAN, _IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def save(path: Path, body: nn.Module, card: ModelCard, scales: Mapping[str, LayerScales] | None = None) -> None:
    """Write a body's parameters and buffers, with its card, atomically.

    scales: of convolutions that were trained as INT8, by module name; they are bound to these weights.
    """
    from safetensors.torch import save_file

    state = {name: tensor.detach().cpu().contiguous() for name, tensor in body.state_dict().items()}
    metadata = {KEY: card.to_json()}
    if scales:
        table = ScaleTable(weights_sha256=weights_sha256(_bytes(state)), layers=dict(scales))
        metadata[SCALES] = table.to_json()
    with atomic_file(path) as temporary:
        save_file(state, temporary, metadata=metadata)


def load(path: Path) -> tuple[Network, ModelCard]:
    """A checkpoint's network, on the CPU in evaluation mode, and its card. Raises ArtifactError when it is damaged."""
    require_file(path, "a checkpoint", _FIX)
    state = read_weights(path)
    card = _authors_card(path, state) if path.suffix in {".pth", ".pt"} else read_card(path)
    return _assemble(path, state, card), card


def read_scales(path: Path) -> dict[str, LayerScales] | None:
    """The learned scales in a checkpoint, by module name; None where there are none.

    Raises ArtifactError when they are damaged or were learned with other weights.
    """
    if path.suffix != ".safetensors" or SCALES not in (metadata := _metadata(path)):
        return None
    return ScaleTable.from_json(metadata[SCALES], str(path), _bytes(read_weights(path))).layers


def read_card(path: Path) -> ModelCard:
    """The card of a safetensors checkpoint, read from its header alone; needs neither torch nor safetensors."""
    metadata = _metadata(path)
    if KEY not in metadata:
        raise ArtifactError(f"{path} holds tensors but no edgefer model card", _FIX)
    return ModelCard.from_json(metadata[KEY], str(path))


def _metadata(path: Path) -> dict[str, str]:
    require_file(path, "a checkpoint", _FIX)
    with path.open("rb") as handle:
        length = int.from_bytes(handle.read(8), "little")
        # safetensors caps its own header at 100 MB; a text file read as a length is far beyond that
        header = handle.read(length) if length <= 100_000_000 else b""
    try:
        metadata = read_object(header).get("__metadata__", {})
        return {str(name): str(text) for name, text in metadata.items()}
    except (ValueError, AttributeError) as error:
        raise ArtifactError(f"{path} is not a safetensors checkpoint, or is damaged", _FIX) from error


def _bytes(state: Mapping[str, Tensor]) -> dict[str, bytes]:
    return {name: tensor.numpy().tobytes() for name, tensor in state.items()}


def _assemble(path: Path, state: dict[str, Tensor], card: ModelCard) -> Network:
    from edgefer.models.network import Network
    from edgefer.models.registry import build
    from edgefer.models.trim import trim

    body = build(card.architecture, channels=card.input.channels, classes=len(card.labels))
    if card.trimmed:
        body = trim(body, *card.input.shape)
    try:
        body.load_state_dict(state)
    except RuntimeError as error:
        # torch lists every key of a mismatch; the first words say enough
        first = (str(error).splitlines()[1].strip() if "\n" in str(error) else str(error))[:120]
        raise ArtifactError(
            f"{path} does not fit its card's architecture {card.architecture} ({first})", _FIX
        ) from error
    return Network(body, card.input).eval()


def _authors_card(path: Path, state: dict[str, Tensor]) -> ModelCard:
    from edgefer.models.resemotenet import arguments_from

    names = {1: "resemotenet", 2: "mini-resemotenet-a", 4: "mini-resemotenet-b", 8: "mini-resemotenet-c"}
    try:
        arguments = arguments_from(state)
        architecture = names[arguments["divisor"]]
        labels = {7: RESEMOTENET}[arguments["classes"]]
        channels = arguments["channels"]
        spec = InputSpec(height=64, width=64, channels=3, mean=_IMAGENET_MEAN, std=_IMAGENET_STD)
        if channels == 1:
            spec = InputSpec(height=64, width=64)
    except (KeyError, ValueError, IndexError) as error:
        raise ArtifactError(
            f"{path} is not a ResEmoteNet state dict with {len(FER2013)} classes ({error})",
            "edgefer reads the authors' checkpoints and its own .safetensors; docs/teachers.md has the way for other networks",
        ) from error
    learned = sum(
        value.numel() for name, value in state.items() if "running_" not in name and "num_batches" not in name
    )
    return ModelCard(name=path.stem, architecture=architecture, parameters=learned, labels=labels, input=spec)
