"""Trainings in float64, for one process or for several under torchrun: `python -m tests.distill.double_runs FOLDER ...`.

In float64 rounding cannot hide a fault: what should be equal is equal to ten digits.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from edgefer.distill import trainer
from edgefer.distill.teachers import load_teachers
from edgefer.ranks import rank
from edgefer.recipe import Recipe
from tests.distill.faces import small_recipe, squares

TRAINING, CHOOSING = squares(150), squares(35, "PublicTest", 1)
WITH_ANSWERS = {"teacher": {"checkpoints": ["t"]}, "train": {"epochs": 2, "batch": 32, "ema": 0.9}}
RECIPES = {
    # The batch decides what its faces weigh, correlate with and are mixed with; the second epoch reads kept answers.
    "mixed": small_recipe(
        loss={"kind": "dist", "class_weights": "inverse", "label_smoothing": 0.1},
        augment={"rotate": 10, "mixup": 0.3, "views": 1},
        optimizer={"learning_rate": 0.05, "clip": 0.5},
        **WITH_ANSWERS,
    ),
    "hints": small_recipe(loss={"hints": {"conv2": "conv3"}}, **WITH_ANSWERS),
}
PLAIN = small_recipe(schedule={"kind": "plateau", "patience": 0}, train={"epochs": 3, "batch": 32, "ema": 0.9})


@contextmanager
def double() -> Iterator[None]:
    """Everything that is float32 otherwise is float64."""
    single = torch.Tensor.float
    torch.set_default_dtype(torch.float64)
    torch.Tensor.float = lambda self: self.double()
    try:
        yield
    finally:
        torch.set_default_dtype(torch.float32)
        torch.Tensor.float = single


def plain(out: Path, dies: bool = False) -> trainer.Run:
    """The run without a teacher, from its last state if there is one; a process that dies does so in epoch 2."""
    real = trainer._Loop._step

    def step(self: trainer._Loop, *arguments: object) -> torch.Tensor:
        if dies and self.state.epoch == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(self, *arguments)

    trainer._Loop._step = step
    try:
        return trainer.train(PLAIN, TRAINING, CHOOSING, out, resume=True)
    finally:
        trainer._Loop._step = real


def taught(recipe: Recipe, out: Path, teacher: Path) -> trainer.Run:
    teachers = load_teachers((teacher,), TRAINING.emotions, torch.device("cpu"))
    return trainer.train(recipe, TRAINING, CHOOSING, out, teachers)


if __name__ == "__main__":
    folder, dying = Path(sys.argv[1]), len(sys.argv) > 2 and int(sys.argv[2]) == rank()
    with double():
        if len(sys.argv) > 2:
            from edgefer.cli import main

            main.app = lambda _argv: plain(folder / "plain", dying)
            main.main()
        else:
            plain(folder / "plain")
            plain(folder / "stopped")
            for name, recipe in RECIPES.items():
                taught(recipe, folder / name, folder / "teacher.safetensors")
