"""Brightness and class coverage of each split, and what of it deserves a warning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np
import numpy.typing as npt

from edgefer.data.audit.findings import BAR, BRIGHT, DARK, Light, Split
from edgefer.data.audit.looks import Looks
from edgefer.data.faces import FaceSet

# A class with a smaller share of its split is too rare to be learned or measured well.
RARE = 0.02
# Splits whose mean brightness is further apart, in gray levels, were not drawn alike.
APART = 12.0


def cover(sets: Sequence[FaceSet], looks: Looks) -> dict[str, Split]:
    """Each split's faces by class, with their brightness."""
    splits = {}
    for number, faces in enumerate(sets):
        mine = looks.split == number
        mean, label = looks.mean[mine], looks.label[mine]
        classes = {name: _light(mean[label == index]) for index, name in enumerate(faces.emotions)}
        bars = np.bincount((mean // BAR).astype(np.int64), minlength=256 // BAR)
        splits[faces.split] = Split(faces.sha256, _light(mean), classes, tuple(bars.tolist()))
    return splits


def warnings(splits: Mapping[str, Split]) -> tuple[str, ...]:
    """Rare and missing classes, and splits of different brightness, one sentence each."""
    found = []
    present = {name for split in splits.values() for name, light in split.classes.items() if light.faces}
    for title, split in splits.items():
        for name, light in split.classes.items():
            share = light.faces / max(split.light.faces, 1)
            if not light.faces and name in present:
                others = " and ".join(other for other in splits if splits[other].classes[name].faces)
                found.append(f"{title} has no face of {name}, {others} has")
            elif light.faces and share < RARE:
                found.append(f"{name} is rare in {title}: {light.faces:,} of {split.light.faces:,} faces, {share:.1%}")
    missing = sorted(set().union(*(split.classes for split in splits.values())) - present)
    found += [f"no split has a face of {name}" for name in missing]
    for one, other in combinations(splits, 2):
        left, right = splits[one].light.mean, splits[other].light.mean
        if left is not None and right is not None and abs(left - right) > APART:
            found.append(f"{one} and {other} differ in brightness: {left:.0f} and {right:.0f} of 255")
    return tuple(found)


def _light(mean: npt.NDArray[np.float32]) -> Light:
    if not len(mean):
        return Light(0, None, None, 0.0, 0.0)
    level = mean.astype(np.float64)
    return Light(
        len(mean), float(level.mean()), float(level.std()), float((level < DARK).mean()), float((level > BRIGHT).mean())
    )
