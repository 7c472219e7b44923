"""What a run needs to go on: weights, averaged weights, momentum, and a few numbers, in one safetensors file."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor, nn, optim

from edgefer.distill.average import Average
from edgefer.distill.schedule import Plateau
from edgefer.errors import ArtifactError
from edgefer.json_text import read_object
from edgefer.paths import atomic_file, require_file

KEY = "edgefer.state"


@dataclass(frozen=True)
class Epoch:
    """One line of a run's history. loss: mean over batches; accuracy: 0..1 on the choosing split; seconds: wall time."""

    epoch: int
    loss: float
    learning_rate: float
    accuracy: float
    seconds: float


@dataclass
class Progress:
    """Where a run stands. `identity` is the hash of recipe, data and teachers: another one is another run.

    before: accuracy in simulated INT8 before a quantisation-aware training, 0..1.
    """

    identity: str
    epoch: int = 0
    best_accuracy: float = -1.0
    best_epoch: int = 0
    plateau: Plateau = field(default_factory=Plateau)
    history: list[Epoch] = field(default_factory=list)
    before: float = -1.0


def save_state(path: Path, progress: Progress, body: nn.Module, average: Average | None, optimizer: optim.SGD) -> None:
    """Write everything atomically."""
    from safetensors.torch import save_file

    tensors = _with_prefix("model", dict(body.state_dict()))
    if average is not None:
        tensors |= _with_prefix("average", dict(average.body.state_dict()))
    tensors |= _with_prefix("momentum", _momentum(body, optimizer))
    with atomic_file(path) as temporary:
        save_file(tensors, temporary, metadata={KEY: json.dumps(asdict(progress))})


def load_state(path: Path, identity: str, body: nn.Module, average: Average | None, optimizer: optim.SGD) -> Progress:
    """Put a saved run back into `body`, `average` and `optimizer`; ArtifactError when it is damaged or another run's."""
    from safetensors import SafetensorError, safe_open

    restart = "start again without --resume"
    require_file(path, "a run's last state", restart)
    try:
        with safe_open(path, framework="pt") as handle:
            values = read_object(handle.metadata()[KEY])
            known = str(values["identity"])
            tensors = {name: handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, TypeError, ValueError, OSError) as error:
        raise ArtifactError(f"{path} is damaged ({error})", restart) from error
    if known != identity:
        raise ArtifactError(f"{path} is of another recipe, data or teacher", restart)
    try:
        _put_back(tensors, body, average, optimizer)
        plateau, history = Plateau(**values["plateau"]), [Epoch(**line) for line in values["history"]]
        return Progress(**{**values, "plateau": plateau, "history": history})
    except (RuntimeError, AttributeError, KeyError, TypeError) as error:
        # torch lists every tensor that does not fit, a line each.
        reason = str(error).split("\n", 1)[0].rstrip(":")
        raise ArtifactError(f"{path} is damaged ({reason})", restart) from error


def _put_back(tensors: dict[str, Tensor], body: nn.Module, average: Average | None, optimizer: optim.SGD) -> None:
    body.load_state_dict(_of_prefix("model", tensors))
    if average is not None:
        average.body.load_state_dict(_of_prefix("average", tensors))
    for name, buffer in _of_prefix("momentum", tensors).items():
        parameter = body.get_parameter(name)
        # The optimiser reads both in the order of memory.
        optimizer.state[parameter]["momentum_buffer"] = torch.empty_like(parameter, requires_grad=False).copy_(buffer)


def read_identity(path: Path) -> str | None:
    """Which run a state is of, from the file's header; None when there is none or it is damaged."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as handle:
            return str(read_object(handle.metadata()[KEY])["identity"])
    except (SafetensorError, KeyError, TypeError, ValueError, OSError):
        return None


def _momentum(body: nn.Module, optimizer: optim.SGD) -> dict[str, Tensor]:
    found = {name: optimizer.state[value].get("momentum_buffer") for name, value in body.named_parameters()}
    return {name: buffer for name, buffer in found.items() if buffer is not None}


def _with_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {f"{prefix}.{name}": tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}


def _of_prefix(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {
        name.removeprefix(f"{prefix}."): tensor for name, tensor in tensors.items() if name.startswith(f"{prefix}.")
    }
