"""timm for tests that build its networks; they skip where it is not installed."""

from __future__ import annotations

from importlib.util import find_spec
from types import ModuleType

import pytest


def need_timm() -> ModuleType:
    if find_spec("timm") is None:
        pytest.skip("needs timm: pip install -c constraints.txt -e '.[timm]'")
    from edgefer.models.adapters_timm import import_timm

    return import_timm()
