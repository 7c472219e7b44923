"""A build of a network that learns in a moment, on a store of squares."""

from __future__ import annotations

from pathlib import Path

from edgefer.card import Precision
from edgefer.data.store import write_store
from edgefer.pipeline.order import Order
from edgefer.recipe import load
from tests.datasets import dataset_of
from tests.distill.faces import squares

ALONE = """
[data]
source = "squares"
[model]
architecture = "mini-resemotenet-c"
size = 24
head_dropout = 0.1
[train]
epochs = 3
batch = 16
"""
FACES = 64


def write_files() -> None:
    """The store `squares`, and the recipes `alone.toml`, `pupil.toml` and its teacher, `alone.toml`."""
    write_store(Path("data/squares"), dataset_of([squares(160), squares(70, "PublicTest", 1)], "squares"))
    Path("alone.toml").write_text(ALONE)
    Path("pupil.toml").write_text(ALONE + '[teacher]\nrecipes = ["alone.toml"]\n')


def order(recipe: str = "alone.toml", changes: tuple[str, ...] = (), **values: object) -> Order:
    """An INT8 engine for one target."""
    given = {"precisions": (Precision.INT8,), "targets": ("sm89",), "flavour": "tensorrt_rtx", "faces": FACES}
    return Order(load(recipe, changes), **{**given, **values})
