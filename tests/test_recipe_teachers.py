from pathlib import Path
from typing import Any

import pytest

from edgefer import recipe
from edgefer.emotions import FER2013
from edgefer.errors import RecipeError
from edgefer.recipe_teachers import CardTeacher, FactoryTeacher, OnnxTeacher, ScriptTeacher, TimmTeacher

BASE = {"name": "x", "model": {"architecture": "edgefer-s"}}
INPUT = {"labels": list(FER2013), "size": 64, "colour": "rgb", "mean": [0.5], "std": [0.5, 0.5, 0.5]}


def taught(*models: Any, **section: Any) -> recipe.Recipe:
    return recipe.check({**BASE, "teacher": {"models": list(models), **section}}, "x.toml")


def faults(*models: Any, **section: Any) -> str:
    with pytest.raises(RecipeError) as caught:
        taught(*models, **section)
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"source": "runs/t/best.safetensors"}, CardTeacher),
        ({"source": "fer2013_model.pth", "weight": 0.5}, CardTeacher),
        ({"source": "ours.onnx"}, CardTeacher),
        ({"source": "theirs.onnx", **INPUT}, OnnxTeacher),
        ({"source": "net.pt", "sha256": "a" * 64, **INPUT}, ScriptTeacher),
        ({"source": "timm:efficientnet_b0", "weights": "w.pth", **INPUT}, TimmTeacher),
        ({"source": "package.module:make", **INPUT}, FactoryTeacher),
    ],
)
def test_the_source_decides_the_kind(values: dict[str, Any], kind: type):
    made = taught(values)
    assert made.teacher is not None
    assert type(made.teacher.models[0]) is kind
    Path("copy.toml").write_text(made.to_toml())
    again = recipe.load("copy.toml")
    assert again.teacher == made.teacher
    assert again.sha256 == made.sha256


def test_what_is_left_out_has_the_usual_meaning():
    model = taught({"source": "m:f", **INPUT}).teacher.models[0]
    assert (model.depth, model.range, model.layout, model.gives, model.weight) == (3, (0, 1), "nchw", "logits", 1)
    gray = taught({"source": "m:f", **INPUT, "colour": "gray", "std": [0.5]}).teacher.models[0]
    assert gray.depth == 1


def test_all_faults_of_all_teachers_are_listed_at_once():
    message = faults(
        {"source": "net.h5"},
        {"source": "net.onnx", "labels": ["happy", "happy"], "size": "big", "colour": "rgb", "layout": "chw"},
        {
            "source": "m:f",
            **INPUT,
            "sizes": 3,
            "mean": [1, 2],
            "std": [0],
            "select": 1,
            "output": "x",
            "columns": [0, 3],
        },
        {"source": "m:f", **INPUT, "channels": 1, "resize": 48, "range": [1, 0], "weight": 0, "gives": "percent"},
        combine="mean",
    )
    for expected in (
        "x.toml has 17 faults",
        "teacher.models.0: source must be timm:NAME, module:function, or a file that ends in .safetensors",
        "teacher.models.1.labels: labels repeat",
        "teacher.models.1.size",
        "teacher.models.1.mean is missing",
        "teacher.models.1.std is missing",
        "teacher.models.1.layout",
        "teacher.models.2.sizes is no key, did you mean 'size'?",
        "teacher.models.2.mean: takes one number for all channels, or one for each (3)",
        "teacher.models.2.std: std must be above 0",
        "teacher.models.2.select: output names an answer and select counts to it",
        "teacher.models.2.columns: is [first, after last] of as many columns as there are labels (7)",
        "teacher.models.3.channels: rgb has 3 channels",
        "teacher.models.3.resize: resize is at least size",
        "teacher.models.3.range: goes from the lower value to the higher",
        "teacher.models.3.weight",
        "teacher.models.3.gives",
        "teacher.combine",
    ):
        assert expected in message, message


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"source": "timm:resnet18", **INPUT}, "models.0.weights is missing"),
        ({"source": "m:f"}, "models.0.labels is missing; teacher.models.0.size is missing"),
        (
            {"source": "x.pth", "labels": list(FER2013)},
            "models.0.labels stands in the card; weights of another network",
        ),
        ({"source": "x.onnx", "weights": "w", **INPUT}, "models.0.weights is for timm:NAME and module:function alone"),
        ({"source": "m:f", "sha256": "a" * 64, **INPUT}, "models.0.sha256 is for TorchScript alone"),
        ({"source": "x.pt", "sha256": "abc", **INPUT}, "models.0.sha256"),
        ({"source": "timm:x", "weights": "w", **INPUT, "options": {"pretrained": True}}, "edgefer downloads nothing"),
        ({"source": "not a module:f", **INPUT}, "source must be"),
        ({}, "source must be"),
        (3, "source must be"),
    ],
)
def test_one_fault(values: Any, expected: str):
    message = faults(values)
    assert expected in message


def test_nobody_teaching_is_a_fault():
    assert "add [[teacher.models]]" in faults()


def test_every_setting_changes_the_hash_and_none_changes_old_ones():
    source = {"source": "m:f", "weights": "w", **INPUT}
    changes: list[dict[str, Any]] = [
        {}, {"weight": 2.0}, {"size": 65}, {"resize": 70}, {"colour": "bgr"}, {"mean": [0.4]}, {"range": [0, 255]},
        {"output": "x"}, {"select": 0}, {"columns": [1, 8]}, {"gives": "probabilities"}, {"layout": "nhwc"},
        {"labels": [*FER2013[1:], "anger"]}, {"rename": {"a.": ""}}, {"options": {"a": 1}}, {"weights": "v"},
    ]  # fmt: skip
    hashes = [taught({**source, **change}).sha256 for change in changes]
    assert len(set(hashes)) == len(changes)
    assert taught(source, combine="softmax").sha256 not in hashes
    # As runs of this recipe have it in their cards: it has a teacher, but none of the keys above.
    assert recipe.load("demo-c").sha256.startswith("5b8565d9b2e27cb1")
    assert recipe.load("demo-c", ('teacher.combine="logits"',)).sha256.startswith("5b8565d9b2e27cb1")
