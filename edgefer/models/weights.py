"""State dicts from files that other projects wrote, read without executing anything in them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.errors import ArtifactError
from edgefer.paths import require_file

if TYPE_CHECKING:
    from torch import Tensor

_FIX = "name a file that torch.save(model.state_dict(), ...) or safetensors wrote"
# Where training scripts put the state dict inside what they save; ResEmoteNet's authors' evaluation reads the first.
_WRAPPERS = ("model_state_dict", "state_dict", "net", "model", "ema")


def read_weights(path: Path) -> dict[str, Tensor]:
    """The state dict in a `.safetensors` file, or in anything that torch.save wrote, on the CPU.

    It is looked for inside the dicts that training scripts wrap around it, and loses the `module.` of DataParallel.
    Raises ArtifactError when the file is missing or damaged, or holds pickled objects, which are never executed.
    """
    require_file(path, "a file of weights", _FIX)
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    loaded = _unpickle(path)
    for key in _WRAPPERS:
        if isinstance(loaded, dict) and isinstance(loaded.get(key), dict):
            loaded = loaded[key]
            break
    import torch

    if not isinstance(loaded, dict) or not all(isinstance(value, torch.Tensor) for value in loaded.values()):
        raise ArtifactError(f"{path} holds no state dict", _FIX)
    return {str(name).removeprefix("module."): value for name, value in loaded.items()}


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    """All tensors of a `.safetensors` file; ArtifactError when it is damaged."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return dict(load_file(path))
    except (SafetensorError, ValueError, OSError) as error:
        raise ArtifactError(f"{path} is no safetensors file, or is damaged ({error})", _FIX) from error


def _unpickle(path: Path) -> Any:
    import torch

    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        if "TorchScript" in str(error):
            raise ArtifactError(
                f"{path} is a TorchScript program, not a file of weights",
                f'to teach with it: source = "{path}" in a [[teacher.models]], without weights',
            ) from error
        # torch names the first class that it would have had to import and call.
        if found := re.search(r"GLOBAL (\S+) was not an allowed global", str(error)):
            raise ArtifactError(
                f"{path} is a pickle that holds a {found[1]}, which edgefer does not execute",
                "open it once where you trust it, and keep its tensors alone: torch.save(model.state_dict(), 'weights.pth')",
            ) from error
        raise ArtifactError(f"{path} is damaged, or no file of weights", _FIX) from error
