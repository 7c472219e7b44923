"""Which faces may enter a calibration set, and why the others may not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.exclusion import excluded
from edgefer.data.faces import FaceSet, Pixels
from edgefer.data.identical import face_keys
from edgefer.errors import DataError
from edgefer.paths import sha256

SPLIT = "Training"

Mask = npt.NDArray[np.bool_]

_BLOCK = 4096
_LUMA = np.array((0.299, 0.587, 0.114))


@dataclass(frozen=True)
class Pool:
    """The Training split, and which of its faces may be drawn.

    levels: mean grey of each face, float64 `[N]`, 0..255. allowed: bool `[N]`. skipped: faces that are not allowed, by
    reason. source: what finds the faces again (a name or a folder). exclude, exclude_sha256: the exclusion list that
    was honoured, if any.
    """

    faces: FaceSet
    levels: npt.NDArray[np.float64]
    allowed: Mask
    skipped: dict[str, int]
    source: str
    exclude: Path | None = None
    exclude_sha256: str = ""

    def __post_init__(self) -> None:
        if not len(self.levels) == len(self.allowed) == len(self.faces):
            raise DataError(f"{len(self.faces)} faces need as many levels and marks")

    @property
    def left(self) -> int:
        """How many faces may be drawn."""
        return int(self.allowed.sum())

    @property
    def why(self) -> str:
        """What was skipped, in words; empty when nothing was."""
        return ", ".join(f"{number:,} {reason}" for reason, number in self.skipped.items())


def screen(faces: FaceSet, others: Sequence[FaceSet] = (), source: str = "", exclude: Path | None = None) -> Pool:
    """Leave out what an exclusion list names, blank faces, faces that stand in `others` too, and further copies.

    others: the other splits, so that INT8 is never judged on faces that set its ranges. A face with several faults is
    counted under the first of them. Raises DataError when `faces` is not the Training split, ArtifactError when the
    list was made from other faces.
    """
    if faces.split != SPLIT:
        raise DataError(f"calibration faces come from {SPLIT} alone, not from {faces.split}", f"use the split {SPLIT}")
    levels, blank = _look(faces.pixels)
    keys = face_keys(faces.pixels)
    faults: dict[str, Mask] = {}
    if exclude is not None:
        faults["on the exclusion list"] = excluded(faces, exclude)
    faults["blank"] = blank
    for other in others:
        faults[f"also in {other.split}"] = np.isin(keys, face_keys(other.pixels))
    allowed = np.ones(len(faces), np.bool_)
    skipped: dict[str, int] = {}
    for reason, fault in faults.items():
        _leave_out(fault, reason, allowed, skipped)
    copies = allowed.copy()
    copies[np.flatnonzero(allowed)[np.unique(keys[allowed], return_index=True)[1]]] = False
    _leave_out(copies, "copies of another face", allowed, skipped)
    return Pool(
        faces, levels, allowed, skipped, source or faces.name, exclude, sha256(exclude) if exclude is not None else ""
    )


def _leave_out(fault: Mask, reason: str, allowed: Mask, skipped: dict[str, int]) -> None:
    if number := int((allowed & fault).sum()):
        skipped[reason] = number
    allowed &= ~fault


def _look(pixels: Pixels) -> tuple[npt.NDArray[np.float64], Mask]:
    """Mean grey (BT.601 luma for colour faces) and whether all pixels are the same; a block in memory at once."""
    levels, blank = np.empty(len(pixels)), np.empty(len(pixels), np.bool_)
    for start in range(0, len(pixels), _BLOCK):
        block = pixels[start : start + _BLOCK]
        channels = block.reshape(len(block), -1, block.shape[3] if block.ndim == 4 else 1)
        means = channels.mean(axis=1)
        levels[start : start + len(block)] = means @ _LUMA if block.ndim == 4 else means[:, 0]
        blank[start : start + len(block)] = (channels.max(axis=1) == channels.min(axis=1)).all(axis=1)
    return levels, blank
