"""A task that a small network learns in seconds: which of seven places holds a bright square."""

from __future__ import annotations

import numpy as np

from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.paths import sha256_of
from edgefer.recipe import Recipe, check


def squares(count: int, split: str = "Training", seed: int = 0) -> FaceSet:
    """Noise with a bright square at one of seven places."""
    source = np.random.default_rng(seed)
    labels = np.arange(count) % 7
    pixels = source.integers(0, 120, (count, 24, 24)).astype(np.uint8)
    for face, label in zip(pixels, labels, strict=True):
        row, column = divmod(int(label), 3)
        face[row * 8 : row * 8 + 7, column * 8 : column * 8 + 7] = 220
    return FaceSet("squares", split, FER2013, pixels, labels.astype(np.int64), sha256_of(pixels.tobytes()))


def small_recipe(**sections: object) -> Recipe:
    """Student C at 24 px for a few epochs."""
    values = {
        "name": "small",
        "model": {"architecture": "mini-resemotenet-c", "size": 24, "head_dropout": 0.1},
        "optimizer": {"learning_rate": 0.05},
        "train": {"epochs": 3, "batch": 16, "ema": 0.9},
    }
    return check({**values, **sections}, "small")
