import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
import torch
from safetensors.torch import save_file

from edgefer.distill.teachers import Teachers, load_teachers
from edgefer.emotions import ALPHABETICAL, FER2013, FERPLUS, RAFDB
from edgefer.errors import ArtifactError, BackendError, DataError, EdgeferError, UntrustedError, UsageError
from edgefer.runtime.find import shipped_checkpoint, shipped_students
from tests.distill.foreign import SIZE, Tiny, model, said, write_graph, write_script
from tests.timm_here import need_timm

CPU = torch.device("cpu")
FACES = torch.randint(0, 256, (4, 1, 48, 48), generator=torch.Generator().manual_seed(1)).float()
MODULE = """
import torch
from torch import nn
from tests.distill.foreign import Tiny
def make(**options):
    return Tiny(**options)
class Two(Tiny):
    def forward(self, x):
        logits = super().forward(x)
        return logits.argmax(1), logits
class Nan(Tiny):
    def forward(self, x):
        return super().forward(x) * float("nan")
class Later(Tiny):
    def forward(self, x):
        answers = super().forward(x)
        return answers if len(x) == 3 else answers / 0
class Trained(Tiny):
    def __init__(self, scale=1.0):
        super().__init__()
        self.fc.weight.data *= scale
"""


@pytest.fixture(autouse=True)
def _module() -> Iterator[None]:
    """A module `mine` in the current folder, forgotten again after the test."""
    Path("mine.py").write_text(MODULE)
    yield
    sys.modules.pop("mine", None)


def opened(values: dict[str, Any], labels: tuple[str, ...] = FER2013) -> Teachers:
    return load_teachers((), labels, CPU, (model(values),))


def direct(network: Tiny, faces: torch.Tensor = FACES) -> torch.Tensor:
    """What the network says of the same faces, prepared by hand."""
    return network(torch.nn.functional.avg_pool2d(faces, 2).round() / 255)


def write_all(labels: tuple[str, ...], **more: Any) -> dict[str, dict[str, Any]]:
    """One and the same network in every kind that needs no other package, with what the recipe says of each."""
    network = Tiny(labels)
    write_graph(Path("net.onnx"), network)
    save_file(network.state_dict(), "net.safetensors")
    torch.save({"net": {f"module.core.{name}": value for name, value in network.state_dict().items()}}, "net.bin")
    common = {"labels": list(labels), **more}
    built = {"options": {"labels": list(labels)}, **common}
    return {
        "onnx": said("net.onnx", **common),
        "torchscript": said("net.pt", sha256=write_script(Path("net.pt"), network), **common),
        "factory": said("mine:make", weights="net.safetensors", **built),
        "renamed": said("mine:make", weights="net.bin", rename={"core.": ""}, **built),
    }


@pytest.mark.parametrize("labels", [FER2013, RAFDB, ALPHABETICAL, FERPLUS])
def test_every_kind_answers_as_the_network_does_in_the_students_order(labels: tuple[str, ...]):
    network = Tiny(labels)
    expected = direct(network)[:, [labels.index(emotion) for emotion in FER2013]]
    for kind, values in write_all(labels).items():
        teachers = opened(values)
        assert torch.allclose(teachers.logits(FACES), expected, atol=1e-4), kind
        assert teachers.cards == ()
        assert len(teachers.networks) == (0 if kind == "onnx" else 1)
        assert not any(p.requires_grad for net in teachers.networks for p in net.parameters())
    assert teachers.name == "mine:make"


def test_a_real_timm_network_from_a_local_file():
    timm = need_timm()
    network = timm.create_model("mobilenetv3_small_050", num_classes=8, in_chans=3).eval()
    save_file(network.state_dict(), "net.safetensors")
    values = said("timm:mobilenetv3_small_050", weights="net.safetensors", labels=list(FERPLUS), size=64, colour="rgb")
    teachers = opened(values)
    enlarged = torch.nn.functional.interpolate(FACES, (64, 64), mode="bilinear").round().expand(-1, 3, -1, -1)
    expected = network(enlarged / 255)[:, [FERPLUS.index(emotion) for emotion in FER2013]]
    assert torch.allclose(teachers.logits(FACES), expected, atol=1e-4)
    assert teachers.name == "mobilenetv3_small_050"


def test_ours_with_a_card_as_checkpoint_and_as_onnx():
    paths = shipped_checkpoint("fer2013-s"), shipped_students()["fer2013-s"]
    first, second = (opened({"source": str(path)}) for path in paths)
    assert torch.allclose(first.logits(FACES), second.logits(FACES), atol=1e-4)
    assert torch.equal(first.logits(FACES), load_teachers(paths[:1], FER2013, CPU).logits(FACES))
    assert [card.name for card in (*first.cards, *second.cards)] == ["fer2013-s"] * 2
    assert (len(first.networks), second.networks) == (1, ())


def test_a_tuple_probabilities_columns_and_channels_last():
    save_file(Tiny().state_dict(), "net.safetensors")
    expected = direct(Tiny())
    two = opened(said("mine:Two", weights="net.safetensors", select=1))
    assert torch.allclose(two.logits(FACES), expected, atol=1e-5)
    write_graph(Path("net.onnx"), Tiny(), extra=True, nhwc=True, softmax=True, batch=1)
    given = opened(said("net.onnx", output="logits", gives="probabilities", layout="nhwc"))
    assert torch.allclose(given.logits(FACES).softmax(1), expected.softmax(1), atol=1e-5)
    wide = opened(said("mine:make", columns=[0, 7], options={"labels": [*FER2013, "valence", "arousal"]}))
    assert torch.allclose(wide.logits(FACES), expected, atol=1e-5)


def test_many_large_faces_are_asked_in_parts(monkeypatch: pytest.MonkeyPatch):
    values = said("mine:make")
    whole = opened(values).logits(FACES)
    monkeypatch.setattr("edgefer.distill.teachers_open._PIXELS_AT_ONCE", SIZE * SIZE + 1)
    assert torch.allclose(opened(values).logits(FACES), whole, atol=1e-6)


def test_the_hash_is_of_contents_and_settings_not_of_places():
    kinds = write_all(FER2013)
    hashes = {kind: opened(values).sha256 for kind, values in kinds.items()}
    assert len(set(hashes.values())) == len(hashes)
    Path("net.onnx").rename("moved.onnx")
    Path("net.safetensors").rename("moved.safetensors")
    assert opened({**kinds["onnx"], "source": "moved.onnx"}).sha256 == hashes["onnx"]
    factory = {**kinds["factory"], "weights": "moved.safetensors"}
    assert opened(factory).sha256 == hashes["factory"]
    for change in ({"mean": [0.1]}, {"weight": 2.0}, {"range": [0, 2]}, {"size": 25, "resize": 30}, {"select": None}):
        again = opened({**factory, **change}).sha256
        assert (again == hashes["factory"]) == (change == {"select": None}), change
    other = Tiny()
    other.fc.bias.data += 1
    save_file(other.state_dict(), "moved.safetensors")
    assert opened(factory).sha256 != hashes["factory"]


def test_the_hash_is_of_the_factorys_code_and_weights_too():
    first = opened(said("mine:Trained"))
    assert opened(said("mine:Trained")).sha256 == first.sha256
    assert opened(said("mine:Trained", options={"scale": 2.0})).sha256 != first.sha256
    Path("mine.py").write_text(MODULE + "# another version\n")
    assert opened(said("mine:Trained")).sha256 != first.sha256


def test_weights_of_an_onnx_file_beside_it_are_in_the_hash():
    write_graph(Path("net.onnx"), Tiny(), external="net.data")
    first = opened(said("net.onnx")).sha256
    content = bytearray(Path("net.data").read_bytes())
    content[0] ^= 1
    Path("net.data").write_bytes(content)
    assert opened(said("net.onnx")).sha256 != first


@pytest.mark.parametrize(
    ("values", "error", "expected"),
    [
        (said("none.onnx"), ArtifactError, r"none\.onnx does not exist"),
        (said("none.pt"), ArtifactError, r"none\.pt does not exist"),
        (said("mine:make", weights="none.pth"), ArtifactError, r"none\.pth does not exist"),
        ({"source": "none.safetensors"}, ArtifactError, r"none\.safetensors does not exist"),
        ({"source": "none.onnx"}, ArtifactError, r"none\.onnx does not exist"),
        ({"source": "net.onnx"}, ArtifactError, r"no edgefer model card.*add .*labels, size, colour, mean and std"),
        ({"source": "net.pth"}, ArtifactError, r"not a ResEmoteNet state dict.*docs/teachers\.md"),
        (said("ours.onnx"), ArtifactError, "holds an edgefer model card.*leave source and weight alone"),
        (said("net.onnx", labels=list(FERPLUS)), ArtifactError, "7 values, but the recipe has 8 labels"),
        (said("net.onnx", labels=list(FER2013[:6])), DataError, "does not know neutral"),
        (said("net.onnx", output="probs"), ArtifactError, "has no answer 'probs'. write output = \"logits\""),
        (said("net.onnx", size=48), ArtifactError, r"fails on pixels \[3, 1, 48, 48\].*check its size"),
        (said("net.onnx", colour="rgb"), ArtifactError, r"fails on pixels \[3, 3, 24, 24\]"),
        (said("net.onnx", gives="probabilities"), ArtifactError, 'write gives = "logits"'),
        (said("softmax.onnx"), ArtifactError, 'write gives = "probabilities"'),
        (said("beside.onnx"), ArtifactError, r"beside\.onnx keeps its weights in gone\.data, which is not there"),
        (said("net.pt"), UntrustedError, 'add its hash: sha256 = "'),
        (said("net.pt", sha256="0" * 64), UntrustedError, "not the file that the recipe trusts"),
        (said("mine:Two"), ArtifactError, "answers with 2 things. write select = 1"),
        (said("mine:Nan"), DataError, "answers NaN or infinity"),
        (said("mine:make", size=48), ArtifactError, "fails on pixels .*RuntimeError: mat1 and mat2"),
        (said("mine:nobody"), UsageError, "has nothing of that name"),
        (said("not_there:make"), UsageError, "cannot be imported"),
        (said("mine:MODULE"), UsageError, "has nothing of that name"),
        (said("mine:make", weights="other.safetensors"), ArtifactError, r"does not fit the network: it lacks fc\.bias"),
        (said("mine:make", weights="whole.pth"), ArtifactError, "a pickle that holds a .*which edgefer does not execute"),
    ],
)  # fmt: skip
def test_faults_are_found_when_the_teacher_is_opened(values: dict[str, Any], error: type[EdgeferError], expected: str):
    network = Tiny()
    write_graph(Path("net.onnx"), network)
    write_graph(Path("softmax.onnx"), network, softmax=True)
    write_graph(Path("beside.onnx"), network, external="gone.data")
    Path("gone.data").unlink()
    write_script(Path("net.pt"), network)
    copyfile(shipped_students()["fer2013-s"], "ours.onnx")
    torch.save(network.state_dict(), "net.pth")
    torch.save(network, "whole.pth")
    save_file({"fc.weight": torch.rand(7, 9)}, "other.safetensors")
    with pytest.raises(error, match=expected) as caught:
        opened(values)
    assert type(caught.value) is error
    assert "\n" not in str(caught.value)


def test_timm_that_is_not_installed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(BackendError, match=r"not installed\. pip install 'edgefer"):
        opened(said("timm:resnet18", weights="w.pth"))


def test_nan_that_comes_later_is_found_too():
    teachers = opened(said("mine:Later"))
    with pytest.raises(DataError, match="teacher mine:Later answers NaN or infinity to some of 4 faces"):
        teachers.logits(FACES)
