"""What is known of a run before anything is trained."""

from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.data.store import write_store
from edgefer.distill import run as runs
from edgefer.distill import trainer
from edgefer.distill.run import distill_once, train_once
from edgefer.distill.standing import standing
from edgefer.errors import Interrupted, UsageError
from edgefer.recipe import load
from tests.datasets import dataset_of
from tests.distill.faces import squares
from tests.pipeline.builds import write_files

FOLDER = Path("runs")


@pytest.fixture(autouse=True)
def _files() -> None:
    write_files()


def test_a_student_waits_for_its_teacher_and_then_is_this_very_run():
    pupil, teacher = load("pupil.toml", ("train.epochs=1",)), load("alone.toml")
    found = standing(pupil, FOLDER)
    assert (found.folder, found.run) == (FOLDER / "pupil", None)
    assert found.why == "it needs runs/alone, and no run is there"
    train_once(teacher, FOLDER)
    assert standing(pupil, FOLDER).why == "no run is there"
    before = {path: path.stat().st_mtime_ns for path in FOLDER.rglob("*")}
    student = distill_once(pupil, FOLDER, baseline=False).student
    found = standing(pupil, FOLDER)
    assert found.run == student
    assert found.why == f"this very run, {student.accuracy:.2%} on PublicTest"
    assert not (FOLDER / "pupil-alone").exists()
    assert {path: path.stat().st_mtime_ns for path in before if path.is_file()} == {
        path: stamp for path, stamp in before.items() if path.is_file()
    }


def test_another_run_is_named_with_what_its_recipe_changes():
    train_once(load("alone.toml", ("train.epochs=1",)), FOLDER)
    found = standing(load("alone.toml", ("train.epochs=2", "train.seed=4")), FOLDER)
    assert (found.folder, found.run) == (FOLDER / "alone-2", None)
    assert found.why == "runs/alone is another run (train.epochs was 1, now 2; train.seed was 0, now 4)"
    many = ("train.epochs=2", "train.seed=4", "train.ema=0.5", "optimizer.clip=1", "loss.label_smoothing=0.1")
    assert standing(load("alone.toml", many), FOLDER).why.count(" was ") == 3
    assert standing(load("alone.toml", many), FOLDER).why.endswith("; and 2 more)")
    assert "optimizer.clip was none, now 1.0" in standing(load("alone.toml", ("train.epochs=1", many[3])), FOLDER).why
    Path("runs/alone/recipe.toml").write_text("no = [")
    assert standing(load("alone.toml"), FOLDER).why == "runs/alone is another run (its recipe cannot be read)"


def test_other_faces_are_told_when_the_recipe_is_the_same():
    train_once(load("alone.toml", ("train.epochs=1",)), FOLDER)
    write_store(Path("data/squares"), dataset_of([squares(160, seed=5), squares(70, "PublicTest", 1)], "squares"))
    found = standing(load("alone.toml", ("train.epochs=1",)), FOLDER)
    assert found.why == "runs/alone is another run (other faces or teachers)"


def test_a_run_that_was_stopped_is_known(monkeypatch):
    recipe, real = load("alone.toml"), runs.train

    def stopped(*given, **named):
        with monkeypatch.context() as patch:
            patch.setattr(trainer._Loop, "_accuracy", press)
            return real(*given, **named)

    calls: list[int] = []

    def press(loop) -> float:
        calls.append(1)
        if len(calls) == 2:
            raise KeyboardInterrupt
        return 0.5

    monkeypatch.setattr(runs, "train", stopped)
    with pytest.raises(Interrupted):
        train_once(recipe, FOLDER)
    found = standing(recipe, FOLDER)
    assert (found.folder, found.run, found.why) == (FOLDER / "alone", None, "a part of this run is there")
    (FOLDER / "alone/best.safetensors").unlink()
    assert standing(recipe, FOLDER).why == "best.safetensors of this run is not there any more"


def test_a_run_that_begins_with_a_network_waits_for_it():
    Path("on.toml").write_text(Path("alone.toml").read_text() + '[start]\nrecipe = "alone.toml"\n')
    onward = load("on.toml", ("train.epochs=1",))
    assert standing(onward, FOLDER).why == "it needs runs/alone, and no run is there"
    train_once(onward, FOLDER)
    assert standing(onward, FOLDER).run is not None
    # Another beginning is another run.
    start = '[start]\ncheckpoint = "runs/on/best.safetensors"\n'
    Path("on.toml").write_text(Path("alone.toml").read_text() + start)
    other = load("on.toml", ("train.epochs=1",))
    assert standing(other, FOLDER).folder == FOLDER / "on-2"


def test_recipes_that_need_each_other_are_refused():
    Path("one.toml").write_text(Path("alone.toml").read_text() + '[teacher]\nrecipes = ["two.toml"]\n')
    Path("two.toml").write_text(Path("alone.toml").read_text() + '[teacher]\nrecipes = ["one.toml"]\n')
    with pytest.raises(UsageError, match="recipe one needs itself, by one and two"):
        standing(load("one.toml"), FOLDER)
