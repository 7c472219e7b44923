from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from edgefer.data.faces import FaceSet
from edgefer.distill import run as module
from edgefer.distill import trainer
from edgefer.distill.run import distill_once, distill_recipe, run_folder, train_once, train_recipe
from edgefer.distill.trainer import BEST, LAST, Run, read_run
from edgefer.errors import ArtifactError, DataError, Interrupted, UsageError
from edgefer.recipe import load
from tests.distill.faces import squares

TEACHER = """
summary = "teacher"
[model]
architecture = "mini-resemotenet-c"
size = 24
[train]
epochs = 1
batch = 16
"""
STUDENT = TEACHER + '[teacher]\nrecipes = ["teacher.toml"]\n'


@pytest.fixture(autouse=True)
def _squares(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "load_faces", lambda _source, split, _exclude=None: squares(70, split, seed=len(split)))
    Path("teacher.toml").write_text(TEACHER)
    Path("student.toml").write_text(STUDENT)


def test_teacher_and_baseline_are_trained_once_and_the_student_every_time(capfd: pytest.CaptureFixture[str]):
    first = distill_recipe(load("student.toml"))
    assert first.student.folder == Path("runs/student")
    assert first.alone is not None
    assert first.alone.folder == Path("runs/student-alone")
    assert first.teachers == (Path("runs/teacher/best.safetensors"),)
    assert first.gain == pytest.approx(first.student.accuracy - first.alone.accuracy)
    assert first.student.card.provenance.teacher == "teacher"
    assert first.alone.card.provenance.teacher == ""
    kept = {path: path.stat().st_mtime_ns for path in (*first.teachers, first.alone.checkpoint)}
    second = distill_recipe(load("student.toml"))
    assert second.student.folder == Path("runs/student-2")
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert capfd.readouterr().err.count("is this run already") == 2


def test_another_teacher_recipe_is_trained_anew_and_the_first_is_kept():
    distill_recipe(load("student.toml"), baseline=False)
    first = Path("runs/teacher/best.safetensors").read_bytes()
    Path("teacher.toml").write_text(TEACHER.replace("epochs = 1", "epochs = 2"))
    again = distill_recipe(load("student.toml"), baseline=False)
    assert again.alone is None
    assert again.gain is None
    assert again.teachers == (Path("runs/teacher-2/best.safetensors"),)
    assert len(read_run(Path("runs/teacher-2")).history) == 2
    assert Path("runs/teacher/best.safetensors").read_bytes() == first


def test_a_folder_that_holds_a_run_is_not_written_over():
    train_recipe(load("teacher.toml"), Path("mine"))
    for again in (
        lambda: train_recipe(load("teacher.toml"), Path("mine")),
        lambda: distill_recipe(load("student.toml"), Path("mine")),
    ):
        with pytest.raises(ArtifactError, match="mine holds a run"):
            again()
    assert train_recipe(load("teacher.toml"), Path("mine"), resume=True).folder == Path("mine")


def test_distil_once_keeps_what_is_there_and_trains_what_is_not():
    first = distill_once(load("student.toml"), Path("q"))
    again = distill_once(load("student.toml"), Path("q"))
    assert again.student.folder == first.student.folder == Path("q/student")
    changed = distill_once(load("student.toml", ("train.epochs=2",)), Path("q"))
    assert changed.student.folder == Path("q/student-2")
    assert distill_once(load("student.toml"), Path("q")).student.folder == Path("q/student")


def weights(run: Run) -> dict[str, np.ndarray]:
    return load_file(run.checkpoint)


@pytest.mark.parametrize("deleted", [(BEST,), (BEST, LAST)])
def test_a_finished_run_whose_weights_were_deleted_is_trained_again(deleted, capfd: pytest.CaptureFixture[str]):
    recipe = load("teacher.toml", ("train.epochs=3",))
    first = train_once(recipe, Path("q"))
    before = weights(first)
    for again in (
        lambda: train_once(recipe, Path("q")),
        lambda: train_recipe(recipe, Path("q/teacher"), resume=True),
    ):
        for name in deleted:
            (first.folder / name).unlink()
        capfd.readouterr()
        run = again()
        assert run.folder == first.folder
        assert {name: value.tobytes() for name, value in weights(run).items()} == {
            name: value.tobytes() for name, value in before.items()
        }
        assert len(run.history) == 3
        told = f"q/teacher/{deleted[-1]} is not there any more: training begins again"
        best_was_last = max(first.history, key=lambda epoch: epoch.accuracy) is first.history[-1]
        assert (told in capfd.readouterr().err) is (deleted != (BEST,) or not best_was_last)
        assert train_once(recipe, Path("q")).card == run.card


@pytest.mark.parametrize(("accuracies", "begins_again"), [((0.1, 0.3, 0.2), True), ((0.1, 0.2, 0.3), False)])
def test_the_best_weights_are_made_again_or_taken_from_the_last_state(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], accuracies, begins_again
):
    recipe, told = load("teacher.toml", ("train.epochs=3",)), []
    monkeypatch.setattr(
        trainer._Loop, "_accuracy", lambda loop: told.append(0) or accuracies[(len(told) - 1) % len(accuracies)]
    )
    first = train_once(recipe, Path("q"))
    before = weights(first)
    first.checkpoint.unlink()
    del told[:]
    again = weights(train_once(recipe, Path("q")))
    assert all(np.array_equal(again[name], value) for name, value in before.items())
    assert ("training begins again" in capfd.readouterr().err) is begins_again
    assert len(told) == (3 if begins_again else 0)


def test_a_run_that_is_trained_again_is_not_finished_until_it_is(monkeypatch: pytest.MonkeyPatch):
    recipe = load("teacher.toml", ("train.epochs=2",))
    first = train_once(recipe, Path("q"))
    for name in (BEST, LAST):
        (first.folder / name).unlink()
    stop_after_an_epoch(monkeypatch)
    with pytest.raises(Interrupted):
        train_once(recipe, Path("q"))
    assert first.checkpoint.exists()
    with pytest.raises(ArtifactError, match="holds no finished run"):
        read_run(first.folder)


def test_a_finished_run_is_given_back_on_resume_though_its_last_state_was_deleted():
    run = train_recipe(load("teacher.toml"), Path("mine"))
    (run.folder / LAST).unlink()
    stamp = run.checkpoint.stat().st_mtime_ns
    assert train_recipe(load("teacher.toml"), Path("mine"), resume=True).card == run.card
    assert run.checkpoint.stat().st_mtime_ns == stamp


def test_a_folder_with_the_last_state_of_another_run_is_left_alone():
    first = train_once(load("teacher.toml"), Path("q"))
    first.checkpoint.unlink()
    assert train_once(load("teacher.toml", ("train.epochs=2",)), Path("q")).folder == Path("q/teacher-2")


def stop_after_an_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    real = trainer.save_state

    def stopping(*arguments: object) -> None:
        real(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(trainer, "save_state", stopping)


def test_ctrl_c_while_the_teacher_trains_says_to_give_the_command_again(monkeypatch: pytest.MonkeyPatch):
    real = trainer.save_state
    Path("teacher.toml").write_text(TEACHER.replace("epochs = 1", "epochs = 2"))
    stop_after_an_epoch(monkeypatch)
    with pytest.raises(Interrupted, match=r"1 of 2 epochs are in runs/teacher\. give the same command again"):
        distill_recipe(load("student.toml"), baseline=False)
    monkeypatch.setattr(trainer, "save_state", real)
    assert distill_recipe(load("student.toml"), baseline=False).teachers == (Path("runs/teacher/best.safetensors"),)


def test_the_verb_must_fit_the_recipe():
    with pytest.raises(UsageError, match="edgefer distill student"):
        train_recipe(load("student.toml"))
    with pytest.raises(UsageError, match="edgefer train teacher"):
        distill_recipe(load("teacher.toml"))


def test_a_teacher_that_has_a_teacher_is_taught_first():
    Path("third.toml").write_text(TEACHER + '[teacher]\nrecipes = ["teacher.toml", "student.toml"]\nmirror = true\n')
    third = distill_recipe(load("third.toml"), baseline=False)
    assert third.teachers == (Path("runs/teacher/best.safetensors"), Path("runs/student/best.safetensors"))
    assert read_run(Path("runs/student")).card.provenance.teacher == "teacher"
    assert third.student.card.provenance.teacher == "teacher+student"
    # What it made is the very run that the recipe alone makes.
    assert distill_once(load("student.toml"), Path("runs")).student.folder == Path("runs/student")


def test_recipes_that_teach_each_other_are_refused():
    Path("a.toml").write_text(TEACHER + '[teacher]\nrecipes = ["b.toml"]\n')
    Path("b.toml").write_text(TEACHER + '[teacher]\nrecipes = ["a.toml"]\n')
    with pytest.raises(UsageError, match=r"recipe [ab] needs itself"):
        distill_recipe(load("a.toml"))


def test_folders_are_numbered_and_resume_takes_the_newest():
    with pytest.raises(ArtifactError, match="start one without --resume"):
        run_folder("x", resume=True)
    assert run_folder("x", resume=False) == Path("runs/x")
    for name in ("runs/x", "runs/x-2"):
        Path(name).mkdir(parents=True)
    import os

    os.utime("runs/x-2", (1, 1))
    assert run_folder("x", resume=False) == Path("runs/x-3")
    assert run_folder("x", resume=True) == Path("runs/x")


def test_a_shipped_student_and_a_file_teach_together():
    train_recipe(load("teacher.toml"))
    folder = Path("package")
    folder.mkdir()
    Path("runs/teacher/best.safetensors").rename(folder / "tiny.safetensors")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("edgefer.runtime.find._folder", lambda: folder)
        teaching = '[teacher]\nstudents = ["tiny"]\ncheckpoints = ["package/tiny.safetensors"]\n'
        Path("student.toml").write_text(TEACHER + teaching)
        result = distill_recipe(load("student.toml"), baseline=False)
        assert result.teachers == (folder / "tiny.safetensors",) * 2
        assert result.student.card.provenance.teacher == "teacher+teacher"
        Path("student.toml").write_text(TEACHER + '[teacher]\nstudents = ["huge"]\n')
        with pytest.raises(UsageError, match="no student of edgefer's is named 'huge'"):
            distill_recipe(load("student.toml"), baseline=False)


def test_labels_that_the_teacher_reads_otherwise_stop_the_run_before_anything_is_trained(
    monkeypatch: pytest.MonkeyPatch,
):
    longer = ("train.epochs=14", "train.ema=0.9", "model.head_dropout=0", "model.stem_dropout=0")
    assert train_recipe(load("teacher.toml", longer), Path("given")).accuracy > 0.6
    Path("student.toml").write_text(TEACHER + '[teacher]\ncheckpoints = ["given/best.safetensors"]\n')

    def exchanged(_source: str, split: str, _exclude: object = None) -> FaceSet:
        faces = squares(70, split, seed=len(split))
        return replace(faces, labels=np.array([0, 1, 2, 3, 5, 6, 4])[faces.labels], sha256=f"exchanged {split}")

    monkeypatch.setattr(module, "load_faces", exchanged)
    for start in (lambda: distill_recipe(load("student.toml")), lambda: distill_once(load("student.toml"), Path("q"))):
        with pytest.raises(DataError, match="faces labelled sad look like neutral, surprise look like sad, neutral"):
            start()
    assert not Path("runs").exists()
    assert not Path("q").exists()


def test_a_finished_or_resumed_run_does_not_ask_its_teacher_about_the_labels_again(monkeypatch: pytest.MonkeyPatch):
    asked = []
    monkeypatch.setattr(module, "check_labels", lambda *_: asked.append(1))
    distill_once(load("student.toml"), Path("q"))
    distill_once(load("student.toml"), Path("q"))
    assert len(asked) == 1
    distill_recipe(load("student.toml"), baseline=False)
    distill_recipe(load("student.toml"), resume=True, baseline=False)
    assert len(asked) == 2


def test_a_hint_that_cannot_be_had_is_found_before_the_teacher_is_trained():
    text = STUDENT + '[loss.hints]\nconv_3 = "conv3"\n'
    Path("hinted.toml").write_text(text)
    with pytest.raises(UsageError, match=r"the student has no module 'conv_3'\. did you mean 'conv3'"):
        distill_recipe(load("hinted.toml"))
    Path("hinted.toml").write_text(STUDENT + '[loss.hints]\nconv3 = "conv_3"\n')
    with pytest.raises(UsageError, match=r"the teacher has no module 'conv_3'\. did you mean 'conv3'"):
        distill_recipe(load("hinted.toml"))
    Path("hinted.toml").write_text(text.replace('["teacher.toml"]', '["teacher.toml"]\nstudents = ["x"]'))
    with pytest.raises(UsageError, match="one teacher, not an ensemble"):
        distill_recipe(load("hinted.toml"))
    teacher = train_recipe(load("teacher.toml"), Path("given"))
    given = TEACHER + f'[teacher]\ncheckpoints = ["{teacher.checkpoint}"]\n[loss.hints]\nconv3 = "conv_3"\n'
    Path("hinted.toml").write_text(given)
    with pytest.raises(UsageError, match=r"the teacher has no module 'conv_3'\. did you mean 'conv3'"):
        distill_recipe(load("hinted.toml"))
    assert not Path("runs").exists()
    Path("hinted.toml").write_text(text.replace("conv_3", "conv3"))
    assert distill_recipe(load("hinted.toml"), baseline=False).student.card.provenance.teacher == "teacher"
