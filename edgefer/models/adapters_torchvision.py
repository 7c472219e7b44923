"""Imports of other projects' code that imports torchvision, also where only torchvision's Python part works."""

from __future__ import annotations

import importlib
import sys
from types import ModuleType
from typing import Any


def import_foreign(name: str) -> Any:
    """Import a module by name; raises whatever it raises.

    PyPI has torchvision for PyTorch's CUDA build alone. Beside the CPU build, or NVIDIA's for Jetson, its compiled
    operators do not load, and the one module of it that describes their shapes fails. Networks rarely need either, so
    where that is what failed, the import is tried once more without that module.
    """
    try:
        return importlib.import_module(name)
    except RuntimeError as error:
        if "operator torchvision::" not in str(error):
            raise
    sys.modules["torchvision._meta_registrations"] = ModuleType("torchvision._meta_registrations")
    # Others import it first here: a second try of theirs would find their own halves.
    importlib.import_module("torchvision")
    return importlib.import_module(name)
