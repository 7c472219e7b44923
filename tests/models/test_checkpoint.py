import pickle
from pathlib import Path

import pytest
import torch
from torch import nn

from edgefer.card import InputSpec, ModelCard
from edgefer.emotions import FER2013, RESEMOTENET
from edgefer.errors import ArtifactError
from edgefer.models.checkpoint import load, read_card, read_scales, save
from edgefer.models.registry import build
from edgefer.models.resemotenet import count_parameters
from edgefer.models.trim import trim
from edgefer.scales import LayerScales


def make(trimmed: bool = False) -> tuple[nn.Module, ModelCard]:
    body = build("mini-resemotenet-c", channels=1, classes=7).eval()
    if trimmed:
        body = trim(body, 1, 48, 48)
    card = ModelCard(
        name="c",
        architecture="mini-resemotenet-c",
        parameters=count_parameters(body),
        trimmed=trimmed,
        labels=FER2013,
        input=InputSpec(height=48, width=48),
    )
    return body, card


@pytest.mark.parametrize("trimmed", [False, True])
def test_weights_and_card_come_back(tmp_path: Path, trimmed: bool):
    body, card = make(trimmed)
    save(tmp_path / "c.safetensors", body, card)
    network, read = load(tmp_path / "c.safetensors")
    faces = torch.rand(2, 1, 48, 48) * 255
    expected = body((faces / 255 - card.input.mean[0]) / card.input.std[0])
    assert read == card == read_card(tmp_path / "c.safetensors")
    assert torch.allclose(network(faces), expected, atol=1e-5)


@pytest.mark.parametrize("wrapper", ["model_state_dict", "state_dict", "net", None])
@pytest.mark.parametrize("prefix", ["", "module."])
def test_the_authors_layout_loads_with_their_class_order(tmp_path: Path, wrapper: str | None, prefix: str):
    body = build("mini-resemotenet-c", channels=3, classes=7).eval()
    state = {prefix + name: tensor for name, tensor in body.state_dict().items()}
    torch.save({wrapper: state, "epoch": 3} if wrapper else state, tmp_path / "fer2013_model.pth")
    network, card = load(tmp_path / "fer2013_model.pth")
    assert card.labels == RESEMOTENET
    assert card.labels[0] == "happy"
    assert card.input.shape == (3, 64, 64)
    assert card.parameters == count_parameters(body) == 1_259_911
    assert torch.equal(network.body.fc4.weight, body.fc4.weight)


class Payload:
    def __reduce__(self):
        return (Path.touch, (Path("owned"),))


def test_a_pickle_is_not_executed(tmp_path: Path):
    with (tmp_path / "bad.pth").open("wb") as handle:
        pickle.dump({"model_state_dict": Payload()}, handle, protocol=2)
    torch.save({"model": Payload()}, tmp_path / "bad2.pth")
    for name in ("bad.pth", "bad2.pth"):
        with pytest.raises(ArtifactError, match="does not execute"):
            load(tmp_path / name)
    assert not Path("owned").exists()


@pytest.mark.parametrize("content", [b"", b"hello", b"\xff" * 100, b"version https://git-lfs.github.com/spec/v1\n"])
@pytest.mark.parametrize("name", ["x.safetensors", "x.pth"])
def test_a_damaged_file_is_one_error(tmp_path: Path, content: bytes, name: str):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ArtifactError):
        load(tmp_path / name)


def test_a_truncated_checkpoint_is_named(tmp_path: Path):
    path = tmp_path / "c.safetensors"
    save(path, *make())
    path.write_bytes(path.read_bytes()[:-1000])
    with pytest.raises(ArtifactError, match=r"c\.safetensors"):
        load(path)


def test_a_checkpoint_that_does_not_fit_its_card(tmp_path: Path):
    body, card = make()
    save(tmp_path / "c.safetensors", body, card.but(architecture="mini-resemotenet-b"))
    with pytest.raises(ArtifactError, match="does not fit its card's architecture") as caught:
        load(tmp_path / "c.safetensors")
    assert len(str(caught.value)) < 500


def test_another_network_in_pth_form_is_refused(tmp_path: Path):
    torch.save(nn.Linear(2, 2).state_dict(), tmp_path / "x.pth")
    with pytest.raises(ArtifactError, match="not a ResEmoteNet"):
        load(tmp_path / "x.pth")


def test_a_failed_save_leaves_nothing(tmp_path: Path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(ArtifactError, match="is a directory"):
        save(tmp_path / "folder", *make())
    assert {path.name for path in tmp_path.iterdir()} == {"cwd", "folder"}


def test_learned_scales_travel_with_their_weights_alone(tmp_path: Path):
    from safetensors import safe_open
    from safetensors.torch import load_file, save_file

    body, own = make()
    save(tmp_path / "a.safetensors", body, own)
    assert read_scales(tmp_path / "a.safetensors") is None
    scales = {"conv1": LayerScales(input=0.1, weights=(0.25,) * 8)}
    save(tmp_path / "b.safetensors", body, own, scales)
    assert read_scales(tmp_path / "b.safetensors") == scales
    assert load(tmp_path / "b.safetensors")[1] == own

    with safe_open(tmp_path / "b.safetensors", framework="pt") as handle:
        metadata = handle.metadata()
    state = load_file(tmp_path / "b.safetensors")
    state["fc4.bias"][0] += 1
    save_file(state, tmp_path / "b.safetensors", metadata=metadata)
    with pytest.raises(ArtifactError, match=r"b\.safetensors was learned with other weights\. export the checkpoint"):
        read_scales(tmp_path / "b.safetensors")
