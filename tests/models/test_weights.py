import argparse
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from edgefer.errors import ArtifactError
from edgefer.models.weights import read_weights

STATE = {"fc.weight": torch.rand(2, 3), "fc.bias": torch.rand(2)}


def same(path: str) -> bool:
    read = read_weights(Path(path))
    return read.keys() == STATE.keys() and all(torch.equal(read[name], STATE[name]) for name in STATE)


@pytest.mark.parametrize("key", ["model_state_dict", "state_dict", "net", "model", "ema"])
def test_the_state_dict_is_found_where_training_scripts_put_it(key: str):
    torch.save({"epoch": 3, "best": 0.5, key: {f"module.{name}": value for name, value in STATE.items()}}, "x")
    assert same("x")


def test_a_bare_state_dict_and_safetensors():
    torch.save(STATE, "x.pth")
    save_file(STATE, "x.safetensors")
    assert same("x.pth")
    assert same("x.safetensors")


class Touches:
    def __reduce__(self):
        return (Path.touch, (Path("owned"),))


def test_pickles_are_never_executed_and_the_line_says_what_to_do():
    torch.save(nn.Linear(2, 2), "module.pth")
    torch.save({"model": STATE, "args": argparse.Namespace(lr=1)}, "mae.pth")
    torch.save({"model": STATE, "more": Touches()}, "evil.pth")
    expected = {"module": r"torch\.nn\.modules\.linear\.Linear", "mae": r"argparse\.Namespace", "evil": ""}
    for name, kind in expected.items():
        with pytest.raises(
            ArtifactError, match=f"{name}.pth is a pickle that holds a {kind}.*torch.save.model.state_dict"
        ):
            read_weights(Path(f"{name}.pth"))
    assert not Path("owned").exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"abc" * 100, b"\xff" * 100, b"PK\x03\x04" + b"0" * 50])
@pytest.mark.parametrize("name", ["x.safetensors", "x.pth"])
def test_a_damaged_file_is_one_error(content: bytes, name: str):
    Path(name).write_bytes(content)
    with pytest.raises(ArtifactError, match=name):
        read_weights(Path(name))


def test_other_things():
    torch.save([1, 2], "list.pth")
    torch.save({"state_dict": {"a": 3}}, "numbers.pth")
    for name in ("list.pth", "numbers.pth"):
        with pytest.raises(ArtifactError, match="holds no state dict"):
            read_weights(Path(name))
    with pytest.raises(ArtifactError, match=r"none\.pth does not exist"):
        read_weights(Path("none.pth"))
