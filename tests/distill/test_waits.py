"""What a training step would wait for on a GPU, seen on a CPU: values read back, and what stands on another device."""

from pathlib import Path

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

from edgefer.distill import trainer
from edgefer.distill.augment import View, render
from edgefer.distill.teachers import load_teachers
from edgefer.distill.trainer import train
from edgefer.recipe import AugmentSection
from tests.distill.faces import small_recipe, squares

# Each ends in a wait for all that was asked before: a value, or a size that depends on values, is wanted in Python.
WAITS = {"_local_scalar_dense", "nonzero", "masked_select", "unique", "is_nonzero", "equal"}
EVERYTHING = {"rotate": 10, "scale": 0.1, "shift": 0.1, "light": 0.2, "erase": 0.5, "mixup": 0.2, "views": 2}


class Waits(TorchDispatchMode):
    """Notes every operation that reads values back; a boolean index is one, for its size depends on them."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__
        boolean = name in {"index", "index_put", "index_put_"} and any(
            index is not None and index.dtype == torch.bool for index in args[1]
        )
        if name in WAITS or boolean:
            self.seen.append(name)
        return func(*args, **(kwargs or {}))


def waits_of(monkeypatch: pytest.MonkeyPatch, epochs_steps: int, **sections: object) -> list[list[str]]:
    """What each step of a short run waits for."""
    steps: list[list[str]] = []
    real = trainer._Loop._step

    def step(self, *arguments):
        with Waits() as watched:
            loss = real(self, *arguments)
        steps.append(watched.seen)
        return loss

    monkeypatch.setattr(trainer._Loop, "_step", step)
    teacher = sections.pop("taught", None)
    teachers = None
    if teacher is not None:
        sections["teacher"] = {"checkpoints": [str(teacher)]}
        teachers = load_teachers([teacher], squares(7).emotions, torch.device("cpu"))
    recipe = small_recipe(train={"epochs": 1, "batch": 16, "ema": 0.9}, augment=EVERYTHING, **sections)
    train(recipe, squares(16 * epochs_steps), squares(14, "PublicTest", 1), Path("run"), teachers)
    return steps


def test_the_watch_sees_waits():
    with Waits() as watched:
        values = torch.arange(4.0)
        float(values.sum())
        bool(values.any())
        values[values > 1]
    assert watched.seen == ["_local_scalar_dense", "_local_scalar_dense", "index"]


@pytest.mark.parametrize("kind", [None, "kd", "dkd", "dist", "nkd", "soft-labels"])
def test_no_step_waits_for_a_value(monkeypatch: pytest.MonkeyPatch, kind: str | None):
    taught = {}
    if kind is not None:
        run = train(small_recipe(train={"epochs": 1}), squares(32), squares(14, "PublicTest", 1), Path("teacher"))
        taught = {"taught": run.checkpoint, "loss": {"kind": kind}}
    steps = waits_of(monkeypatch, 3, optimizer={"clip": 1.0}, **taught)
    # The clip compares one norm with its limit on the device, the first step of an optimiser may look around.
    assert [seen for seen in steps if seen] == []
    assert len(steps) == 3


def test_a_view_is_rendered_where_the_faces_are():
    """On a device that holds no values, whatever were read, or made elsewhere and not brought, would fail."""
    faces = torch.zeros((70, 1, 24, 24), dtype=torch.uint8, device="meta")
    view = render(faces, AugmentSection(**EVERYTHING), 0, 0)
    assert isinstance(view, View)
    assert (view.faces.device.type, view.faces.shape, view.faces.dtype) == ("meta", faces.shape, torch.uint8)
    assert view.flips.device.type == "meta"
