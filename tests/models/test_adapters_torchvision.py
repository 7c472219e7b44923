import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgefer.models.adapters_torchvision import import_foreign

# torchvision as it is beside a PyTorch whose operators it does not have: one module fails, the others do not need it.
PACKAGE = "from torchvision import _meta_registrations, ops\n"
FAILS = "raise RuntimeError('operator torchvision::nms does not exist')\n"


@pytest.fixture
def half(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A torchvision of which only the Python part works, and a module that imports it."""
    mine = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "torchvision"}
    for name in mine:
        del sys.modules[name]
    Path("torchvision").mkdir()
    Path("torchvision/__init__.py").write_text(PACKAGE)
    Path("torchvision/_meta_registrations.py").write_text(FAILS)
    Path("torchvision/ops.py").write_text("works = True\n")
    Path("imports_it.py").write_text("from torchvision.ops import works\n")
    Path("fails_itself.py").write_text("raise RuntimeError('no luck')\n")
    monkeypatch.syspath_prepend(str(Path.cwd()))
    importlib.invalidate_caches()
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] in {"torchvision", "imports_it"}]:
        del sys.modules[name]
    sys.modules.update(mine)


def test_code_that_needs_the_python_part_alone_is_imported(half: None):
    with pytest.raises(RuntimeError, match="torchvision::nms"):
        importlib.import_module("imports_it")
    assert import_foreign("imports_it").works


def test_other_failures_stay_what_they_are(half: None):
    with pytest.raises(RuntimeError, match="no luck"):
        import_foreign("fails_itself")
    with pytest.raises(ModuleNotFoundError):
        import_foreign("nowhere_at_all")
