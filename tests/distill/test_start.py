from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from edgefer.distill.describe import input_spec, model_card
from edgefer.distill.run import distill_recipe, train_recipe
from edgefer.distill.start import begin
from edgefer.distill.trainer import identity, train
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import ArtifactError, RecipeError, UsageError
from edgefer.models.checkpoint import load, read_card, save
from edgefer.models.registry import build
from edgefer.models.trim import trim
from edgefer.recipe import Recipe
from edgefer.recipe import load as load_recipe
from tests.distill.faces import small_recipe, squares

CHOOSING = squares(35, "PublicTest", 1)


def checkpoint(path: Path, labels: tuple[str, ...], architecture: str = "mini-resemotenet-c") -> Path:
    """A network of fresh weights whose head's row k is k everywhere."""
    recipe = small_recipe(model={"architecture": architecture, "size": 24})
    faces = squares(35)
    faces = replace(faces, emotions=labels, labels=faces.labels % len(labels))
    body = build(architecture, 1, len(labels))
    head = body.fc4 if architecture.startswith("mini") else body.fc
    with torch.no_grad():
        for row in range(len(labels)):
            head.weight[row] = row
            head.bias[row] = row
    save(path, body, model_card(recipe, faces, CHOOSING, input_spec(recipe, faces), 1, 1))
    return path


def begun(path: Path, emotions: tuple[str, ...] = FER2013) -> torch.nn.Module:
    body = build("mini-resemotenet-c", 1, len(emotions))
    begin(body, small_recipe(), emotions, path)
    return body


def test_all_weights_are_taken_and_the_heads_rows_go_by_name():
    path = checkpoint(Path("plus.safetensors"), FERPLUS)
    body, source = begun(path), load(path)[0].body.state_dict()
    rows = [FERPLUS.index(name) for name in FER2013]
    assert body.fc4.bias.tolist() == [float(row) for row in rows]
    assert body.fc4.weight[:, 0].tolist() == body.fc4.bias.tolist()
    for name, value in body.state_dict().items():
        assert torch.equal(value, source[name]) or name.startswith("fc4"), name


def test_an_emotion_that_the_checkpoint_does_not_know_starts_fresh():
    body = begun(checkpoint(Path("seven.safetensors"), FER2013), FERPLUS)
    contempt = FERPLUS.index("contempt")
    assert body.fc4.weight[contempt].std() > 0
    others = [row for row in range(8) if row != contempt]
    assert body.fc4.bias[others].tolist() == [float(FER2013.index(FERPLUS[row])) for row in others]


def test_a_checkpoint_that_does_not_fit_is_refused():
    with pytest.raises(ArtifactError, match=r"is edgefer-s of 1 channel\(s\), and small trains mini-resemotenet-c"):
        begun(checkpoint(Path("s.safetensors"), FER2013, "edgefer-s"))
    with pytest.raises(UsageError, match="knows none of anger"):
        begun(checkpoint(Path("other.safetensors"), ("valence", "arousal")))
    network, card = load(checkpoint(Path("whole.safetensors"), FER2013))
    save(Path("trimmed.safetensors"), trim(network.body, *card.input.shape), card.but(trimmed=True))
    with pytest.raises(ArtifactError, match=r"in trimmed.safetensors is .* instead of .*it was trimmed"):
        begun(Path("trimmed.safetensors"))


def test_a_run_begins_there_and_says_so():
    """With a rate of next to nothing, one epoch leaves the weights where they began."""
    path = checkpoint(Path("known.safetensors"), FER2013)
    recipe = small_recipe(optimizer={"learning_rate": 1e-12}, train={"epochs": 1, "batch": 16})
    run = train(recipe, squares(70), CHOOSING, Path("run"), start=path)
    assert read_card(run.checkpoint).provenance.start == "small"
    trained, source = load(run.checkpoint)[0].body.state_dict(), load(path)[0].body.state_dict()
    assert all(torch.allclose(trained[name], source[name]) for name in source if "weight" in name)


START = """
[data]
source = "demo"
limit = 70
[model]
architecture = "mini-resemotenet-c"
size = 24
[train]
epochs = 1
batch = 35
"""


def recipes() -> Recipe:
    Path("first.toml").write_text(START)
    Path("second.toml").write_text(START + '[start]\nrecipe = "first.toml"\n[teacher]\nrecipes = ["first.toml"]\n')
    return load_recipe("second.toml")


def test_the_recipe_to_begin_with_is_trained_first_and_once(capfd: pytest.CaptureFixture[str]):
    done = distill_recipe(recipes(), Path("runs/second"), baseline=False)
    assert sorted(path.name for path in Path("runs").iterdir()) == ["first", "second"]
    assert "first: runs/first is this run already" in capfd.readouterr().err
    assert done.student.card.provenance.start == "first"
    assert done.teachers == (Path("runs/first/best.safetensors"),)


def test_a_run_without_teachers_begins_there_too():
    run = train_recipe(recipes().alone(), Path("runs/alone"))
    assert run.card.provenance.start == "first"
    assert Path("runs/first/best.safetensors").exists()


def test_a_run_from_other_weights_is_another_run():
    paths = [checkpoint(Path(f"{labels}.safetensors"), FER2013[:labels]) for labels in (6, 7)]
    found = {identity(small_recipe(), CHOOSING, CHOOSING, None, path) for path in (None, *paths)}
    assert len(found) == 3


def test_a_recipe_that_begins_with_itself_is_refused():
    Path("loop.toml").write_text(START + '[start]\nrecipe = "loop.toml"\n')
    with pytest.raises(UsageError, match=r"recipe loop needs itself"):
        train_recipe(load_recipe("loop.toml"), Path("runs/loop"))


def test_one_place_to_begin_is_named():
    for keys in ({}, {"student": "fer2013-s", "recipe": "fer2013-s"}):
        with pytest.raises(RecipeError, match="name one of recipe, student or checkpoint"):
            small_recipe(start=keys)


def test_a_shipped_student_can_be_trained_on():
    recipe = small_recipe(
        model={"architecture": "edgefer-s", "size": 24}, start={"student": "fer2013-s"}, data={"limit": 70},
        train={"epochs": 1, "batch": 35},
    )  # fmt: skip
    assert train_recipe(recipe, Path("runs/tuned")).card.provenance.start == "fer2013-s"


def test_recipes_without_a_start_keep_their_hash():
    recipe = small_recipe()
    assert recipe.sha256 == small_recipe(start=None).sha256
    assert recipe.sha256 != small_recipe(start={"student": "fer2013-s"}).sha256
