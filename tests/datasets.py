"""Arrays as a dataset that a store can be written from, without files."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgefer.data.dataset import Dataset
from edgefer.data.faces import FaceSet


def dataset_of(sets: Sequence[FaceSet], name: str = "noise") -> Dataset:
    """Face sets of different splits, one after the other; all are gray or all are colour, of one size."""
    first = sets[0]
    colour = "rgb" if first.pixels.ndim == 4 else "gray"
    targets = None if first.targets is None else np.concatenate([faces.targets for faces in sets])
    return Dataset(
        name=name,
        emotions=first.emotions,
        splits=tuple(faces.split for faces in sets),
        labels=np.concatenate([faces.labels for faces in sets]).astype(np.uint8),
        codes=np.repeat(np.arange(len(sets)), [len(faces) for faces in sets]).astype(np.uint8),
        size=first.pixels.shape[1:3],
        faces=lambda: iter([np.asarray(faces.pixels) for faces in sets]),
        source=f"{name}.csv",
        source_sha256="0" * 64,
        command=f"edgefer data prepare {name} --source {name}.csv",
        colour=colour,
        targets=targets,
    )
