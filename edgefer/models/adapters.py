"""Networks of other projects as torch modules: built by a function or loaded as a program, then filled from a file.

All come on the CPU in evaluation mode, with gradients off. `edgefer.models.adapters_timm` builds those of timm.
"""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import io
import sys
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.errors import ArtifactError, UntrustedError, UsageError
from edgefer.models.adapters_torchvision import import_foreign
from edgefer.models.weights import read_weights
from edgefer.paths import require_file

if TYPE_CHECKING:
    from torch import nn


def build_by_factory(reference: str, options: Mapping[str, Any]) -> nn.Module:
    """What `package.module:function` returns for `options` as keyword arguments.

    The module is imported, that is executed, from the current folder or wherever Python finds it. Raises UsageError
    when there is no such module or function, or when it fails or returns no torch.nn.Module.
    """
    from torch import nn

    module, _, name = reference.partition(":")
    with _current_folder():
        try:
            function = getattr(import_foreign(module), name, None)
        except Exception as error:
            raise UsageError(
                f"{module} of {reference} cannot be imported: {reason(error)}", _importable(module, error)
            ) from error
        if not callable(function):
            what = "has nothing of that name" if function is None else f"holds a {type(function).__name__}"
            raise UsageError(f"{reference} is no function: {module} {what}", "name one that returns a torch.nn.Module")
        try:
            network = function(**options)
        except Exception as error:
            raise UsageError(f"{reference} failed: {reason(error)}", "give its arguments in options = {...}") from error
    if not isinstance(network, nn.Module):
        raise UsageError(
            f"{reference} returned a {type(network).__name__}, not a torch.nn.Module", "let it return the network"
        )
    return frozen(network)


def factory_source(reference: str) -> Path | None:
    """The file of an imported factory's module; None where it has none, as a compiled module."""
    file = getattr(sys.modules[reference.partition(":")[0]], "__file__", None)
    return Path(file) if file and Path(file).is_file() else None


def load_torchscript(path: Path, sha256: str) -> nn.Module:
    """A TorchScript program, which can execute code when it is loaded: only that with this SHA-256.

    Raises UntrustedError for another file or where no hash is given, ArtifactError when it is missing or damaged.
    """
    require_file(path, "a TorchScript file", "write it with torch.jit.save")
    content = path.read_bytes()  # what is hashed is what is loaded
    found = hashlib.sha256(content).hexdigest()
    if not zipfile.is_zipfile(io.BytesIO(content)) or not _is_program(content):
        raise ArtifactError(
            f"{path} is no TorchScript file, or is damaged",
            'a state dict goes with its network: source = "timm:NAME" or "module:function", weights = "FILE"',
        )
    if not sha256:
        raise UntrustedError(
            f"{path} is TorchScript, which can execute code", f'if you trust it, add its hash: sha256 = "{found}"'
        )
    if found != sha256:
        raise UntrustedError(
            f"{path} is not the file that the recipe trusts: its sha256 is {found}",
            "get the file that was meant, or put the new hash into the recipe",
        )
    import torch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # torch prefers torch.export; files like this remain
            return frozen(torch.jit.load(io.BytesIO(content), map_location="cpu"))
    except Exception as error:
        raise ArtifactError(f"{path} cannot be loaded: {reason(error)}", "write it with torch.jit.save") from error


def fill(network: nn.Module, path: Path, rename: Mapping[str, str]) -> nn.Module:
    """Load the state dict in `path` into a network, every tensor of both.

    rename: beginnings of the file's names and what the network has instead. Raises ArtifactError when they do not fit.
    """
    state = {_renamed(name, rename): value for name, value in read_weights(path).items()}
    own = network.state_dict()
    faults = [
        _some("lacks", sorted(own.keys() - state.keys())),
        _some("has more,", sorted(state.keys() - own.keys())),
        _some(
            "has other shapes,", sorted(name for name in own if name in state and state[name].shape != own[name].shape)
        ),
    ]
    if any(faults):
        raise ArtifactError(
            f"{path} does not fit the network: it {', and '.join(filter(None, faults))}",
            'map the beginnings of names with rename = { "theirs." = "the network\'s." }, or name the right network',
        )
    network.load_state_dict(state)
    return frozen(network)


def frozen(network: nn.Module) -> nn.Module:
    """The network in evaluation mode, without gradients."""
    for parameter in network.parameters():  # a TorchScript program refuses the call for all at once
        parameter.requires_grad = False
    return network.eval()


@contextlib.contextmanager
def _current_folder() -> Iterator[None]:
    """Imports find modules in the current folder too, as they do for `python -m`."""
    here = str(Path.cwd())
    if here in sys.path:
        yield
        return
    sys.path.insert(0, here)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(here)


def _is_program(content: bytes) -> bool:
    """Whether a zip archive of torch's is a program; torch.save writes the same archive without code."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return any(name.endswith("/constants.pkl") for name in archive.namelist())


def _importable(module: str, error: Exception) -> str:
    if not isinstance(error, ModuleNotFoundError) or not error.name:
        return f"see what it needs: python -c 'import {module}'"
    if f"{module}.".startswith(f"{error.name}."):
        top = module.partition(".")[0]
        return f"start edgefer in the folder that holds {top}, or put that folder on PYTHONPATH"
    return f"install {error.name}, which {module} imports"


def _renamed(name: str, rename: Mapping[str, str]) -> str:
    start = max((start for start in rename if name.startswith(start)), key=len, default=None)
    return name if start is None else rename[start] + name[len(start) :]


def _some(what: str, names: list[str]) -> str:
    return f"{what} {names[0]}{f' and {len(names) - 1} others' if len(names) > 1 else ''}" if names else ""


def reason(error: Exception) -> str:
    """Kind and first line of another library's error."""
    first = (str(error).splitlines() or [""])[0][:200]
    return f"{type(error).__name__}: {first}" if first else type(error).__name__
