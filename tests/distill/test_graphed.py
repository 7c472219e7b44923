"""CUDA graphs of training steps, without a GPU: what is captured is kept, and done again at each replay."""

from pathlib import Path

import pytest
import torch

from edgefer.distill import trainer
from edgefer.distill.graphed import SWITCH, Captured, Graphed, graphable
from edgefer.distill.teachers import load_teachers
from edgefer.distill.trainer import BEST, LAST, train
from edgefer.recipe import Recipe
from tests.distill.faces import small_recipe, squares
from tests.distill.test_trainer import same

CPU, GPU = torch.device("cpu"), torch.device("cuda")


class Replays:
    """Stands in for the GPU. As there, capturing computes nothing, and a replay writes where the captured work wrote."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, fault: str = "") -> None:
        self.captured, self.replayed, self.fault = 0, 0, fault
        monkeypatch.setattr(trainer, "graphable", lambda recipe, device: True)
        monkeypatch.setattr(trainer, "Graphed", lambda work: Graphed(work, self.capture))

    def capture(self, work):
        if self.fault:
            raise RuntimeError(f"{self.fault}\nand a stack")
        self.captured += 1
        loss = torch.zeros(())

        def replay() -> None:
            self.replayed += 1
            loss.copy_(work())

        return Captured(replay, loss)


def teacher_at(folder: Path) -> Path:
    return train(small_recipe(), squares(70), squares(35, "PublicTest", 1), folder).checkpoint


@pytest.mark.parametrize("taught", [False, True])
def test_a_graphed_run_ends_with_the_very_weights_of_another(monkeypatch: pytest.MonkeyPatch, taught: bool):
    sections: dict[str, object] = {"augment": {"rotate": 10, "views": 2, "mixup": 0.2}, "optimizer": {"clip": 1.0}}
    teachers = None
    if taught:
        checkpoint = teacher_at(Path("teacher"))
        sections["teacher"] = {"checkpoints": [str(checkpoint)]}
        teachers = load_teachers([checkpoint], squares(7).emotions, CPU)
    recipe, training, choosing = small_recipe(**sections), squares(70), squares(35, "PublicTest", 1)
    plain = train(recipe, training, choosing, Path("plain"), teachers)
    gpu = Replays(monkeypatch)
    graphed = train(recipe, training, choosing, Path("graphed"), teachers)
    # 3 epochs of 4 steps, of which 3 come before the capture.
    assert (gpu.captured, gpu.replayed) == (1, 9)
    assert same(plain.folder, graphed.folder)
    assert [line.loss for line in plain.history] == [line.loss for line in graphed.history]


def test_a_step_that_cannot_be_captured_runs_without_a_graph_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
):
    training, choosing = squares(70), squares(35, "PublicTest", 1)
    plain = train(small_recipe(), training, choosing, Path("plain"))
    Replays(monkeypatch, "operation not permitted when stream is capturing")
    graphed = train(small_recipe(), training, choosing, Path("graphed"))
    assert same(plain.folder, graphed.folder)
    said = [line for line in capfd.readouterr().err.splitlines() if "CUDA graph" in line]
    assert said == [
        "no CUDA graph of the training step (operation not permitted when stream is capturing): it runs without one"
    ]


def test_only_steps_that_stay_alike_are_graphed(monkeypatch: pytest.MonkeyPatch):
    teacher = {"checkpoints": ["t.safetensors"]}
    assert graphable(small_recipe(), GPU)
    assert graphable(small_recipe(teacher=teacher, loss={"kind": "dkd", "warmup": 0}), GPU)
    assert not graphable(small_recipe(), CPU)
    others: list[Recipe] = [
        small_recipe(teacher=teacher, loss={"kind": "dkd", "warmup": 2}),
        small_recipe(teacher=teacher, loss={"hints": {"conv3": "conv3"}}),
        small_recipe(qat={"epochs": 1}),
        small_recipe(train={"compile": True}),
    ]
    assert not any(graphable(recipe, GPU) for recipe in others)
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert not graphable(small_recipe(), GPU)
    monkeypatch.delenv("WORLD_SIZE")
    monkeypatch.setenv(SWITCH, "0")
    assert not graphable(small_recipe(), GPU)


def test_weights_are_written_where_the_recipe_says_and_the_best_are_among_them(monkeypatch: pytest.MonkeyPatch):
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    every = small_recipe(train={"epochs": 5, "batch": 16, "ema": 0.9})
    seldom = small_recipe(train={"epochs": 5, "batch": 16, "ema": 0.9, "keep_every": 4})
    train(every, training, choosing, Path("every"))
    written: list[str] = []
    real = trainer.save

    def saving(path: Path, *rest: object) -> None:
        written.append(path.name)
        real(path, *rest)

    monkeypatch.setattr(trainer, "save", saving)
    train(seldom, training, choosing, Path("seldom"))
    assert same(Path("every"), Path("seldom"))
    assert len(written) <= 3, "epoch 4, epoch 5, and the figures at the end"
    # After a stop in between, the state and the best weights are those of the same epochs.
    assert Path("seldom", LAST).exists()
    assert Path("seldom", BEST).exists()


def test_best_weights_of_an_epoch_that_writes_nothing_are_written_with_the_next(monkeypatch: pytest.MonkeyPatch):
    training, choosing = squares(140), squares(35, "PublicTest", 1)
    for name, keep_every in (("every", 1), ("seldom", 10)):
        figures = iter((0.3, 0.9, 0.5))
        monkeypatch.setattr(trainer._Loop, "_accuracy", lambda _, figures=figures: next(figures))
        recipe = small_recipe(train={"epochs": 3, "batch": 16, "ema": 0.9, "keep_every": keep_every})
        train(recipe, training, choosing, Path(name))
    assert same(Path("every"), Path("seldom"))
