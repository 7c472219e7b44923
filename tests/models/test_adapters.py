import os
import sys
import warnings
from hashlib import sha256
from pathlib import Path

import pytest
import torch
from torch import nn

from edgefer.errors import ArtifactError, UntrustedError, UsageError
from edgefer.models.adapters import build_by_factory, factory_source, fill, load_torchscript

MODULE = """
from torch import nn
number = 3
def make(outputs=2, prefix=""):
    if outputs == 0:
        raise ValueError("no outputs\\nat all")
    return nn.Sequential(nn.Linear(3, outputs), nn.Dropout(0.5))
def state():
    return make().state_dict()
def late():
    import late_part_of_it
    return late_part_of_it.network
class Net(nn.Linear):
    def __init__(self):
        super().__init__(3, 2)
"""


@pytest.fixture
def module(monkeypatch: pytest.MonkeyPatch) -> str:
    """A module in the current folder, forgotten again after the test."""
    Path("somebodys.py").write_text(MODULE)
    Path("broken.py").write_text("import not_installed_here\n")
    yield "somebodys"
    for name in ("somebodys", "broken", "late_part_of_it"):
        sys.modules.pop(name, None)


def test_a_function_of_a_module_here_is_called_with_its_options(module: str):
    before = list(sys.path)
    network = build_by_factory(f"{module}:make", {"outputs": 5})
    assert network[0].out_features == 5
    assert not network.training
    assert not any(parameter.requires_grad for parameter in network.parameters())
    assert sys.path == before
    assert factory_source(f"{module}:make") == Path.cwd() / "somebodys.py"


def test_a_class_is_a_function_too_and_imports_of_its_own_are_found(module: str):
    Path("late_part_of_it.py").write_text("from torch import nn\nnetwork = nn.Linear(1, 1)\n")
    assert build_by_factory(f"{module}:Net", {}).in_features == 3
    assert build_by_factory(f"{module}:late", {}).in_features == 1


@pytest.mark.parametrize(
    ("reference", "options", "expected"),
    [
        (
            "nowhere_at_all:make",
            {},
            "nowhere_at_all of nowhere_at_all:make cannot be imported: .*folder that holds nowhere",
        ),
        ("broken:make", {}, "No module named 'not_installed_here'. install not_installed_here, which broken imports"),
        ("somebodys:mak", {}, "somebodys:mak is no function: somebodys has nothing of that name"),
        ("somebodys:number", {}, "somebodys:number is no function: somebodys holds a int"),
        ("somebodys:state", {}, "returned a OrderedDict, not a torch.nn.Module"),
        ("somebodys:make", {"outputs": 0}, "somebodys:make failed: ValueError: no outputs"),
        ("somebodys:make", {"wrong": 0}, "somebodys:make failed: TypeError: .*wrong"),
    ],
)
def test_what_is_no_factory(module: str, reference: str, options: dict[str, object], expected: str):
    with pytest.raises(UsageError, match=expected) as caught:
        build_by_factory(reference, options)
    assert "\n" not in str(caught.value)


def script(path: str) -> str:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        torch.jit.trace(nn.Linear(3, 2), torch.rand(1, 3)).save(path)
    return sha256(Path(path).read_bytes()).hexdigest()


def test_torchscript_is_loaded_by_its_hash_alone():
    digest = script("net.pt")
    network = load_torchscript(Path("net.pt"), digest)
    assert isinstance(network, nn.Module)
    assert network(torch.rand(4, 3)).shape == (4, 2)
    assert not any(parameter.requires_grad for parameter in network.parameters())
    with pytest.raises(UntrustedError, match=f'can execute code. if you trust it, add its hash: sha256 = "{digest}"'):
        load_torchscript(Path("net.pt"), "")
    with pytest.raises(UntrustedError, match=f"not the file that the recipe trusts: its sha256 is {digest}"):
        load_torchscript(Path("net.pt"), "0" * 64)


def test_what_is_no_torchscript(monkeypatch: pytest.MonkeyPatch):
    torch.save(nn.Linear(3, 2).state_dict(), "weights.pt")
    Path("text.pt").write_text("hello")
    for name in ("weights.pt", "text.pt"):
        with pytest.raises(ArtifactError, match=f"{name} is no TorchScript file"):
            load_torchscript(Path(name), "0" * 64)
    with pytest.raises(ArtifactError, match=r"none\.pt does not exist"):
        load_torchscript(Path("none.pt"), "")


def test_nothing_of_an_untrusted_program_is_loaded(monkeypatch: pytest.MonkeyPatch):
    script("net.pt")
    monkeypatch.setattr(torch.jit, "load", lambda *_args, **_more: os._exit(1))
    with pytest.raises(UntrustedError):
        load_torchscript(Path("net.pt"), "")


def test_weights_fill_a_network_under_other_names():
    source = nn.Sequential(nn.Linear(3, 2))
    torch.save(
        {f"backbone.{name.replace('0.', 'head.')}": value for name, value in source.state_dict().items()}, "w.pth"
    )
    network = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    filled = fill(network, Path("w.pth"), {"backbone.": "", "backbone.head.": "0."})
    assert torch.equal(filled[0].weight, source[0].weight)
    assert not filled.training


def test_weights_that_do_not_fit_are_named():
    torch.save({"0.weight": torch.rand(5, 3), "extra": torch.rand(1), "more": torch.rand(1)}, "w.pth")
    with pytest.raises(ArtifactError) as caught:
        fill(nn.Sequential(nn.Linear(3, 2)), Path("w.pth"), {})
    message = str(caught.value)
    assert "it lacks 0.bias, and has more, extra and 1 others, and has other shapes, 0.weight" in message
    assert "rename" in message
