"""Networks of timm (PyTorch Image Models), built without a download."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from edgefer.errors import BackendError, UsageError
from edgefer.models.adapters import frozen, reason
from edgefer.models.adapters_torchvision import import_foreign

if TYPE_CHECKING:
    from torch import nn


def build_timm(name: str, classes: int, channels: int, options: Mapping[str, Any]) -> nn.Module:
    """An architecture of timm with fresh weights; options are timm's own, such as `global_pool`.

    Raises BackendError when timm is not installed, UsageError when it has no such architecture or refuses the options.
    """
    timm = import_timm()
    # timm takes hub addresses as names too; only an architecture that it lists is built from its own code.
    listed = timm.list_models()
    architecture = name.partition(".")[0]
    if architecture not in listed:
        near = difflib.get_close_matches(architecture, listed, n=1)
        hint = (
            f"did you mean '{near[0]}'?"
            if near
            else "list them with: python -c 'import timm; print(timm.list_models())'"
        )
        raise UsageError(f"timm {timm.__version__} has no architecture '{name}'", hint)
    arguments = {"num_classes": classes, "in_chans": channels, **options}
    try:
        return frozen(timm.create_model(architecture, pretrained=False, **arguments))
    except (TypeError, ValueError, RuntimeError, AssertionError) as error:
        raise UsageError(
            f"timm does not build {name} with {arguments}: {reason(error)}", "change its options"
        ) from error


def import_timm() -> Any:
    """The module timm; BackendError when it is not installed, or does not fit this PyTorch."""
    import torch

    version = torch.__version__.partition("+")[0]
    # Without the pin pip replaces PyTorch by the newest, because torchvision is made for one version each.
    install = f"pip install 'edgefer[timm]' torch=={version}"
    try:
        return import_foreign("timm")
    except ImportError as error:
        raise BackendError(f"a timm network needs {error.name or 'timm'}, which is not installed", install) from error
    except (RuntimeError, AttributeError) as error:
        raise BackendError(f"timm does not fit PyTorch {torch.__version__}: {reason(error)}", install) from error
