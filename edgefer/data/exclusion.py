"""Exclusion lists: faces that an audit found and that training, calibration and evaluation leave out.

A list is a JSON file with a key `exclude`: by split, the hash of its face set and the positions in it to leave out,
each with its reason. `edgefer data audit` writes one, as a part of its report.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgefer.data.faces import FaceSet
from edgefer.errors import ArtifactError
from edgefer.paths import read_text_file


class ExcludedSplit(BaseModel):
    """Faces of one split. sha256: hash of the whole face set; rows: position in it -> why it is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sha256: str
    rows: dict[int, str]


class Exclusion(BaseModel):
    """What a list says; other keys of its file are for people."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    dataset: str
    exclude: dict[str, ExcludedSplit] = Field(min_length=1)


def read_exclusion(path: Path) -> Exclusion:
    """Read a list; raises ArtifactError when it is missing or no list."""
    fix = "make one: edgefer data audit SOURCE --out FILE"
    text = read_text_file(path, "an exclusion list", fix)
    try:
        return Exclusion.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ArtifactError(f"{path} is no exclusion list ({place}: {first['msg']})", fix) from error


def without(faces: FaceSet, path: Path) -> FaceSet:
    """The faces that the list at `path` leaves, as a set with a hash of its own; the same set when none goes.

    Raises ArtifactError as `excluded`.
    """
    out = excluded(faces, path)
    return faces.take(np.flatnonzero(~out)) if out.any() else faces


def excluded(faces: FaceSet, path: Path) -> npt.NDArray[np.bool_]:
    """Which faces the list at `path` leaves out, bool `[N]`.

    Raises ArtifactError when the list was made from other faces, or does not know the split.
    """
    exclusion = read_exclusion(path)
    fix = f"make it again: edgefer data audit {faces.name} --out {path}"
    part = exclusion.exclude.get(faces.split)
    if part is None:
        raise ArtifactError(f"{path} says nothing of {faces.name} {faces.split}", fix)
    if part.sha256 != faces.sha256:
        raise ArtifactError(f"{path} was made from other faces than {faces.name} {faces.split} holds now", fix)
    outside = [row for row in part.rows if not 0 <= row < len(faces)]
    if outside:
        raise ArtifactError(f"{path} names face {outside[0]}, and {faces.name} {faces.split} has {len(faces)}", fix)
    found = np.zeros(len(faces), np.bool_)
    found[list(part.rows)] = True
    return found
