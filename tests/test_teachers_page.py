"""docs/teachers.md: every snippet is a sound recipe, and the row of each system is used as it is printed.

Where a system's weights cannot be had, a stand-in answers in the system's form: the same input size and channels, the
same tuple or tensor, the same labels in the same order. Networks of timm are real where timm is installed, and small.
"""

import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.card import InputSpec
from edgefer.distill.batches import fit
from edgefer.distill.teachers import load_teachers
from edgefer.emotions import ALPHABETICAL, EMOTIEFFLIB, FER2013, FERPLUS, RAFDB
from edgefer.recipe import check, read_toml
from edgefer.recipe_teachers import TEACHERS, ForeignTeacher
from tests.conftest import ROOT
from tests.timm_here import need_timm

DOC = (ROOT / "docs" / "teachers.md").read_text(encoding="utf-8")
CPU = torch.device("cpu")
FACES = torch.randint(0, 256, (2, 3, 48, 48), generator=torch.Generator().manual_seed(2)).float()
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
PLAIN = ((0.0,) * 3, (1.0,) * 3)


def toml_blocks(text: str) -> list[dict[str, Any]]:
    blocks = []
    for block in re.findall(r"```toml\n(.*?)```", text, re.DOTALL):
        Path("block.toml").write_text(block)
        blocks.append(read_toml(Path("block.toml")))
    return blocks


def section(title: str) -> dict[str, Any]:
    """What the snippet under a heading says of its one teacher."""
    (block,) = toml_blocks(re.split(r"\n##+ ", DOC.split(f"\n### {title}\n")[1])[0])
    (values,) = block["teacher"]["models"]
    return values


def model(values: dict[str, Any]) -> ForeignTeacher:
    recipe = check({"name": "x", "model": {"architecture": "edgefer-s"}, "teacher": {"models": [values]}}, "x")
    assert recipe.teacher is not None
    made = recipe.teacher.models[0]
    assert isinstance(made, ForeignTeacher)
    return made


def test_every_snippet_is_a_sound_recipe_and_every_kind_has_one():
    found = set()
    for block in toml_blocks(DOC):
        assert block.keys() == {"teacher"}
        recipe = check({"name": "x", "model": {"architecture": "edgefer-s"}, **block}, "a snippet of docs/teachers.md")
        assert recipe.teacher is not None
        found |= {type(teacher) for teacher in recipe.teacher.models}
    assert found == set(TEACHERS.values())


def test_the_table_of_keys_has_every_key():
    rows = re.findall(r"^\| (`[^|]+) \|", DOC, re.MULTILINE)
    told = set(re.findall(r"`(\w+)`", " ".join(rows)))
    assert told == {key for kind in TEACHERS.values() for key in kind.model_fields}


def test_every_system_of_the_papers_has_a_row_and_a_snippet():
    rows = re.findall(r"^\| ([^|]+?) \|", DOC.split("| system |")[1], re.MULTILINE)
    assert rows == [*SYSTEMS, *TIMM]
    for title in rows:
        assert section(title)["source"]


class StandIn(nn.Module):
    """Not the system: four pooled places of its picture and a linear layer."""

    def __init__(self, size: int, classes: int = 7) -> None:
        super().__init__()
        self.size = size
        self.fc = nn.Linear(12, classes)

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[1:] == (3, self.size, self.size)
        return self.fc(F.adaptive_avg_pool2d(x, 2).flatten(1))


class Choosing(StandIn):
    """EmoNeXt's form."""

    def forward(self, x: Tensor) -> Any:
        logits = super().forward(x)
        return logits.argmax(1), logits


class FourFaces(StandIn):
    """QCS's form: four faces in training, None for three of them afterwards."""

    def forward(self, x: Tensor, positive: Any, negative: Any, negative2: Any) -> Any:
        logits = super().forward(x)
        return logits if positive is None else (logits,) * 8


# The system's form, its labels, side before the cut and after it, whether it sees colours, mean and std.
SYSTEMS: dict[str, tuple[type[StandIn], tuple[str, ...], int, int, bool, Any]] = {
    "POSTER++": (StandIn, RAFDB, 224, 224, True, IMAGENET),
    "QCS": (FourFaces, RAFDB, 232, 224, True, IMAGENET),
    "FMAE": (StandIn, RAFDB, 224, 224, True, IMAGENET),
    "Segmentation VGG-19": (StandIn, FER2013, 224, 224, False, PLAIN),
    "EmoNeXt": (Choosing, ALPHABETICAL, 236, 224, False, PLAIN),
    "ResMaskingNet": (StandIn, FER2013, 224, 224, False, PLAIN),
}
TIMM = {"MobileNet": FER2013, "EfficientNet": EMOTIEFFLIB}


def by_hand(network: Callable[[Tensor], Tensor], title: str) -> Tensor:
    """The system's logits in FER2013's order, its input prepared from what is known of it, not from the snippet."""
    _, labels, side, size, colour, (mean, std) = SYSTEMS[title]
    plain = {"mean": (0.0,) * 3, "std": (1.0,) * 3, "channels": 3, "colour": "rgb" if colour else "gray"}
    edge = (side - size) // 2
    faces = fit(FACES, InputSpec(height=side, width=side, **plain))[:, :, edge : edge + size, edge : edge + size] / 255
    logits = network((faces - torch.tensor(mean)[:, None, None]) / torch.tensor(std)[:, None, None])
    return logits[:, [labels.index(emotion) for emotion in FER2013]]


@pytest.mark.parametrize("title", [title for title in SYSTEMS if title != "FMAE"])
def test_a_system_teaches_as_its_snippet_says(title: str, monkeypatch: pytest.MonkeyPatch):
    form = SYSTEMS[title][0]
    values = section(title)
    torch.manual_seed(len(title))
    network = form(values["size"])
    # As its authors save it, from several GPUs.
    torch.save(
        {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in network.state_dict().items()}}, values["weights"]
    )
    name, _, function = values["source"].partition(":")
    place = ModuleType(name)
    setattr(place, function, factory(title, form, values))
    monkeypatch.setitem(sys.modules, name, place)
    teachers = load_teachers((), FER2013, CPU, (model(values),))
    with torch.no_grad():
        expected = by_hand(lambda x: StandIn.forward(network, x), title)
    assert torch.allclose(teachers.logits(FACES), expected, atol=1e-5)


def factory(title: str, form: type[StandIn], values: dict[str, Any]) -> Callable[..., nn.Module]:
    """What stands where the system's code would: it takes the snippet's options and no others."""
    if title != "QCS":
        return lambda **options: form(values["size"]) if options == values["options"] else nn.Identity()
    # The page's own lines, on the stand-in.
    (code,) = re.findall(r"```python\n(.*?)```", DOC, re.DOTALL)
    code = "\n".join(line for line in code.splitlines() if "import" not in line)
    names: dict[str, Any] = {"pyramid_trans_expr": form}
    exec(code, names)
    return lambda: names["Teacher"](values["size"])


def test_fmae_is_timms_vit_with_its_head_renamed():
    timm = need_timm()
    values = section("FMAE")
    small = {"depth": 1, "embed_dim": 64, "num_heads": 2}
    network = timm.create_model("vit_large_patch16_224", num_classes=7, global_pool="avg", **small).eval()
    state = {name.replace("head.", "AU_head."): value for name, value in network.state_dict().items()}
    assert {"AU_head.weight", "fc_norm.weight", "cls_token"} <= state.keys()
    torch.save({"model": state, "epoch": 3}, values["weights"])
    smaller = {**values, "options": {**values["options"], **small}}
    teachers = load_teachers((), FER2013, CPU, (model(smaller),))
    with torch.no_grad():
        expected = by_hand(network, "FMAE")
    assert torch.allclose(teachers.logits(FACES), expected, atol=1e-4)


@pytest.mark.parametrize("title", TIMM)
def test_real_networks_of_timm_teach_as_their_snippets_say(title: str):
    timm = need_timm()
    values, labels = section(title), TIMM[title]
    torch.manual_seed(0)
    network = timm.create_model(values["source"].removeprefix("timm:"), num_classes=len(labels)).eval()
    save_file(network.state_dict(), values["weights"])
    teachers = load_teachers((), FER2013, CPU, (model(values),))
    side = values["size"]
    spec = InputSpec(height=side, width=side, channels=3, colour="rgb", mean=(0,) * 3, std=(1,) * 3)
    mean, std = (torch.tensor(part)[:, None, None] for part in IMAGENET)
    with torch.no_grad():
        expected = network((fit(FACES, spec) / 255 - mean) / std)
    assert torch.allclose(teachers.logits(FACES), expected[:, [labels.index(name) for name in FER2013]], atol=1e-4)


@pytest.mark.parametrize(
    ("title", "batch", "labels"),
    [("FER+ VGG13", 1, FERPLUS), ("OpenCV Zoo", "n", ALPHABETICAL), ("EmotiEffLib", "n", EMOTIEFFLIB)],
)
def test_ready_made_onnx_files_teach_as_their_snippets_say(title: str, batch: int | str, labels: tuple[str, ...]):
    values = section(title)
    depth = 1 if values["colour"] == "gray" else 3
    weight, bias = torch.randn(len(labels), depth), torch.randn(len(labels))
    write_means(Path(values["source"]), weight, bias, [batch, depth, values["size"], values["size"]])
    teachers = load_teachers((), FER2013, CPU, (model(values),))
    spec = {"FER+ VGG13": (255.0, 0.0, 1.0), "OpenCV Zoo": (1.0, 0.5, 0.5)}.get(title)
    scale, mean, std = spec or (1.0, *(torch.tensor(part) for part in IMAGENET))
    gray = FACES.mul(torch.tensor((0.299, 0.587, 0.114))[:, None, None]).sum(1, keepdim=True).round()
    size = (values["size"], values["size"])
    faces = F.interpolate(gray if depth == 1 else FACES, size, mode="bilinear").round()
    expected = (faces.mean((2, 3)) / 255 * scale - mean) / std @ weight.T + bias
    assert torch.allclose(
        teachers.logits(FACES), expected[:, [labels.index(name) for name in FER2013]], atol=1e-4 * scale
    )


def write_means(path: Path, weight: Tensor, bias: Tensor, shape: list[Any]) -> None:
    """An ONNX file: the mean of each channel, then a linear layer."""
    import onnx
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("GlobalAveragePool", ["x"], ["means"]),
        helper.make_node("Flatten", ["means"], ["flat"]),
        helper.make_node("Gemm", ["flat", "w", "b"], ["y"], transB=1),
    ]
    ends = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT, size)
        for name, size in (("x", shape), ("y", [shape[0], len(bias)]))
    ]
    weights = [numpy_helper.from_array(values.numpy(), name) for name, values in (("w", weight), ("b", bias))]
    graph = helper.make_graph(nodes, "means", ends[:1], ends[1:], weights)
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), str(path))
