"""Distillation for real, with each kind of teacher: a student that sees no label learns what its teacher knows."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from edgefer.distill import run as runs
from edgefer.distill.augment import render
from edgefer.distill.batches import planes
from edgefer.distill.run import distill_recipe
from edgefer.distill.targets import Targets
from edgefer.distill.teachers import load_teachers
from edgefer.distill.trainer import train
from edgefer.emotions import FER2013, FERPLUS, RAFDB
from edgefer.recipe import Recipe, load
from tests.distill.faces import small_recipe, squares
from tests.distill.foreign import Tiny, model, said, write_graph, write_script
from tests.timm_here import need_timm

CPU = torch.device("cpu")
TRAIN = {"epochs": 1, "batch": 10, "ema": 0.9}
TRAINING, CHOOSING = squares(420), squares(70, "PublicTest", 1)
MODULE = "from tests.distill.foreign import Tiny\ndef make(labels):\n    return Tiny(labels)\n"


@pytest.fixture(autouse=True)
def _module() -> Iterator[None]:
    Path("teachers_of_mine.py").write_text(MODULE)
    yield
    sys.modules.pop("teachers_of_mine", None)


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkpoint of edgefer's that knows the squares."""
    recipe = small_recipe(train={"epochs": 6, "batch": 16, "ema": 0.9})
    return train(recipe, squares(140), CHOOSING, tmp_path_factory.mktemp("ours")).checkpoint


def kind(name: str, ours: Path) -> dict[str, Any]:
    """What a recipe says of a teacher of each kind, in another order of labels each."""
    if name == "checkpoint":
        return {"source": str(ours)}
    if name == "onnx":
        write_graph(Path("t.onnx"), Tiny(FERPLUS), softmax=True)
        return said("t.onnx", labels=list(FERPLUS), gives="probabilities")
    if name == "torchscript":
        return said("t.pt", labels=list(RAFDB), sha256=write_script(Path("t.pt"), Tiny(RAFDB)))
    save_file(Tiny(RAFDB).state_dict(), "t.safetensors")
    return said("teachers_of_mine:make", labels=list(RAFDB), weights="t.safetensors", options={"labels": list(RAFDB)})


def taught(models: list[dict[str, Any]], **section: Any) -> Recipe:
    """A student whose loss does not look at the labels: what it learns comes from its teachers."""
    return small_recipe(teacher={"models": models, **section}, loss={"alpha": 0.0}, train=TRAIN)


@pytest.mark.parametrize("name", ["checkpoint", "onnx", "torchscript", "factory"])
def test_a_student_learns_from_each_kind(name: str, ours: Path):
    recipe = taught([kind(name, ours)])
    assert recipe.teacher is not None
    teachers = load_teachers((), FER2013, CPU, recipe.teacher.models)
    student = train(recipe, TRAINING, CHOOSING, Path("run"), teachers)
    assert student.accuracy > 0.3  # guessing gives 0.14
    assert student.card.provenance.teacher == teachers.name
    kept = sorted((Path(os.environ["EDGEFER_HOME"]) / "targets").rglob("*.npy"))
    assert [path.name for path in kept] == ["mirrored.npy", "plain.npy"]


def test_all_kinds_at_once_by_a_recipe_file(ours: Path, monkeypatch: pytest.MonkeyPatch):
    faces = {"Training": TRAINING, "PublicTest": CHOOSING}
    monkeypatch.setattr(runs, "load_faces", lambda _source, split, _exclude=None: faces[split])
    models = [{**kind(name, ours), "weight": 2.0} for name in ("onnx", "torchscript", "factory")]
    recipe = taught(models, checkpoints=[str(ours)], combine="softmax")
    Path("small.toml").write_text(recipe.to_toml())
    result = distill_recipe(load("small.toml"), baseline=False)
    assert result.student.accuracy > 0.3
    assert result.student.card.provenance.teacher == "small+t+t+teachers_of_mine:make"
    assert result.student.card.provenance.recipe_sha256 == recipe.sha256


def test_a_student_learns_from_a_real_timm_network():
    timm = need_timm()
    network = timm.create_model("mobilenetv3_small_050", num_classes=7)
    save_file(network.state_dict(), "t.safetensors")
    values = said("timm:mobilenetv3_small_050", weights="t.safetensors", size=32, colour="rgb")
    recipe = taught([values])
    assert recipe.teacher is not None
    teachers = load_teachers((), FER2013, CPU, recipe.teacher.models)
    student = train(recipe, squares(70), CHOOSING, Path("run"), teachers)
    assert student.card.provenance.teacher == "mobilenetv3_small_050"


def test_the_same_network_as_onnx_and_as_torch_gives_the_same_kept_answers():
    write_graph(Path("t.onnx"), Tiny(RAFDB))
    recipe = small_recipe(augment={"rotate": 10, "light": 0.2, "views": 1}, teacher={"students": ["fer2013-s"]})
    faces = planes(squares(50), CPU)
    view = render(faces, recipe.augment, 0, 0)
    asked, kept = [], []
    for values in (said("t.onnx", labels=list(RAFDB)), kind("factory", Path())):
        teachers = load_teachers((), FER2013, CPU, (model(values),))
        targets = Targets(teachers, recipe, "data", faces, bf16=False)
        targets.of(view, 0)
        asked.append(teachers.logits(view.faces.float()))
        kept.append(np.load(targets.folder / "view-0000.npy").astype(np.float64))
    assert torch.allclose(asked[0], asked[1], atol=1e-4)
    assert kept[0].shape == (50, 7)
    # Answers are kept in half precision, whose steps are 2**-7 from 8 to 16: equal, or a step apart.
    assert np.abs(kept[0] - kept[1]).max() <= 2**-7
    assert np.mean(np.abs(kept[0] - kept[1]) <= 1e-4) > 0.99
