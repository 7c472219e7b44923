"""How many faces of each emotion FER2013 has, and what follows from it: permuted labels are found out.

The class folders of the mirrors stand in alphabetical order, the csv in another. Who numbers the folders and writes a
csv gets the right counts at the wrong labels: neutral is called sad, sad surprise, and surprise neutral.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.console import say
from edgefer.emotions import FER2013
from edgefer.errors import DataError

SPLITS = ("Training", "PublicTest", "PrivateTest")
LABELS = len(FER2013)
# Faces by label, in the order of `emotions.FER2013`. `Test` is what the folder mirrors hold of the two tests.
OFFICIAL = {
    "Training": (3995, 436, 4097, 7215, 4830, 3171, 4965),
    "PublicTest": (467, 56, 496, 895, 653, 415, 607),
    "PrivateTest": (491, 55, 528, 879, 594, 416, 626),
    "Test": (958, 111, 1024, 1774, 1247, 831, 1233),
}
TRAINING_FACES = sum(OFFICIAL["Training"])


def check_counts(
    source: Path, splits: Sequence[str], labels: npt.NDArray[np.uint8], codes: npt.NDArray[np.uint8]
) -> None:
    """Compare the faces of each emotion with the official numbers.

    labels: uint8 `[N]`, indices into `emotions.FER2013`; codes: uint8 `[N]`, indices into `splits`. Raises DataError
    when a split has the official numbers at other labels; a split with other numbers is only spoken of.
    """
    for code in np.unique(codes).tolist():
        split = splits[code]
        official = OFFICIAL[split]
        counts = tuple(np.bincount(labels[codes == code], minlength=LABELS).tolist())
        if counts == official:
            continue
        if sorted(counts) == sorted(official):
            raise _permuted(source, split, counts)
        if sum(counts) != sum(official):
            say(f"{source}: {split} has {sum(counts):,} faces; as published it has {sum(official):,}")


def _permuted(source: Path, split: str, counts: Sequence[int]) -> DataError:
    found = [FER2013[OFFICIAL[split].index(count)] for count in counts]
    wrong = [
        f"{label} ({FER2013[label]}) seems to be {emotion}"
        for label, emotion in enumerate(found)
        if emotion != FER2013[label]
    ]
    order = ", ".join(f"{label} {emotion}" for label, emotion in enumerate(FER2013))
    cause = ", as in class folders numbered in alphabetical order" if found == _ALPHABETICAL else ""
    return DataError(
        f"{source}: the labels are permuted: by the number of {split} faces, label {', '.join(wrong)}{cause}",
        f"number them {order}, or name the class folders themselves with --source: they are read by name",
    )


_ALPHABETICAL = ["anger", "disgust", "fear", "happy", "neutral", "sad", "surprise"]
