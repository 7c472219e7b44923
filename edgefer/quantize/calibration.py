"""Calibration sets: the faces over which INT8 ranges are measured, balanced by emotion, hashed, bound to one model.

A set is a folder with `faces.npy` (uint8 `[N, C, H, W]`, exactly the pixels that the network is given) and
`manifest.json` (where each face comes from and what the set fits). The manifest holds no pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edgefer import paths
from edgefer.card import InputSpec, ModelCard
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import to_planes
from edgefer.emotions import canonical
from edgefer.errors import ArtifactError, DataError
from edgefer.runtime.session import Array

FACES, MANIFEST = "faces.npy", "manifest.json"
SPLIT = "Training"
COUNT = 512


class Manifest(BaseModel):
    """What a calibration set holds. Rows are positions in the split `split` of the data set with hash `data_sha256`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    dataset: str
    data_sha256: str
    split: str
    seed: int
    rows: tuple[int, ...] = Field(min_length=1)
    counts: dict[str, int]
    input: InputSpec
    faces_sha256: str

    @model_validator(mode="after")
    def _adds_up(self) -> Manifest:
        if sum(self.counts.values()) != len(self.rows):
            raise ValueError("counts do not add up to the number of rows")
        return self


@dataclass(frozen=True)
class CalibrationSet:
    """An opened set; `pixels` is uint8 `[N, C, H, W]`, memory-mapped, as `manifest.input` wants them."""

    folder: Path
    manifest: Manifest
    pixels: npt.NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.pixels)

    @property
    def sha256(self) -> str:
        """Hash of the faces: what an engine's passport names."""
        return self.manifest.faces_sha256

    def batches(self, size: int) -> Iterator[Array]:
        """Network input, float32 `[<= size, C, H, W]`, 0..255, over the whole set."""
        for start in range(0, len(self.pixels), size):
            yield np.asarray(self.pixels[start : start + size], np.float32)

    def check(self, card: ModelCard) -> None:
        """Raise ArtifactError unless the set fits the model: same preprocessing, same emotions."""
        fix = f"make one for it: {_command(card.name, self.manifest, self.folder)}"
        if differing := [
            f"{name} {_plain(getattr(self.manifest.input, name))} instead of {_plain(getattr(card.input, name))}"
            for name in InputSpec.model_fields
            if getattr(self.manifest.input, name) != getattr(card.input, name)
        ]:
            raise ArtifactError(f"{self.folder} was made for other preprocessing ({', '.join(differing)})", fix)
        theirs, mine = set(self.manifest.counts), {canonical(label) for label in card.labels}
        if theirs != mine:
            raise ArtifactError(
                f"{self.folder} holds other emotions than {card.name} ({', '.join(sorted(theirs ^ mine))})", fix
            )


def make_calibration_set(faces: FaceSet, spec: InputSpec, count: int, out: Path, seed: int = 0) -> CalibrationSet:
    """Draw `count` faces, as many of each emotion as there are, and write them as a set, atomically.

    An emotion with too few faces gives all of them, and the others share what is missing. Raises DataError when `faces`
    is not the Training split (a set drawn from elsewhere would leak what accuracy is measured on) or holds fewer faces.
    """
    if faces.split != SPLIT:
        raise DataError(f"calibration faces come from {SPLIT} alone, not from {faces.split}", f"use the split {SPLIT}")
    if not 0 < count <= len(faces):
        raise DataError(
            f"{count} calibration faces were asked for, and {faces.name} {SPLIT} has {len(faces)}",
            f"use --count with 1 to {len(faces)}",
        )
    paths.refuse_foreign(out, (FACES, MANIFEST), "a calibration set")
    rows = balanced_rows(faces, count, seed)
    counts = np.bincount(faces.labels[rows], minlength=len(faces.emotions)).tolist()
    names = [canonical(name) for name in faces.emotions]
    with paths.atomic_dir(out) as folder:
        np.save(folder / FACES, to_planes(np.asarray(faces.pixels[rows]), spec))
        manifest = Manifest(
            dataset=faces.name,
            data_sha256=faces.sha256,
            split=faces.split,
            seed=seed,
            rows=tuple(rows.tolist()),
            counts=dict(zip(names, counts, strict=True)),
            input=spec,
            faces_sha256=paths.sha256(folder / FACES),
        )
        (folder / MANIFEST).write_text(manifest.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return open_calibration_set(out)


def balanced_rows(faces: FaceSet, count: int, seed: int) -> npt.NDArray[np.int64]:
    """`count` rows of `faces`, sorted, spread over the emotions as evenly as their numbers allow."""
    generator = np.random.default_rng(seed)
    groups = [generator.permutation(np.flatnonzero(faces.labels == index)) for index in range(len(faces.emotions))]
    chosen: list[npt.NDArray[np.int64]] = []
    left = count
    # Smallest first, so that what a small group cannot give falls to the larger ones.
    for place, group in enumerate(sorted(groups, key=len)):
        take = min(len(group), left // (len(groups) - place))
        chosen.append(group[:take])
        left -= take
    return np.sort(np.concatenate(chosen))


def open_calibration_set(folder: Path) -> CalibrationSet:
    """Open a set and check that its faces are those of its manifest.

    Raises ArtifactError when it is missing, damaged or altered; the message holds the command that makes it again.
    """
    fix = f"make it again: edgefer calibrate MODEL --out {folder}"
    if folder.is_file():
        raise ArtifactError(f"{folder} is a file, not the folder of a calibration set", fix)
    path = paths.require_file(folder / MANIFEST, "a calibration set's manifest", fix)
    try:
        manifest = Manifest.model_validate_json(path.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "manifest"
        raise ArtifactError(f"{path} is damaged ({place}: {first['msg']})", fix) from error
    fix = f"make it again: {_command('MODEL', manifest, folder)}"
    faces = paths.require_file(folder / FACES, "the faces of a calibration set", fix)
    if paths.sha256(faces) != manifest.faces_sha256:
        raise ArtifactError(f"{faces} is not the file that {path} describes (the SHA-256 differs)", fix)
    try:
        pixels = np.load(faces, mmap_mode="r", allow_pickle=False)
    except ValueError as error:
        raise ArtifactError(f"{faces} is no array of faces", fix) from error
    if pixels.dtype != np.uint8 or pixels.shape != (len(manifest.rows), *manifest.input.shape):
        raise ArtifactError(f"{faces} holds {pixels.dtype} {list(pixels.shape)}, not what {path} describes", fix)
    return CalibrationSet(folder, manifest, pixels)


def _command(model: str, manifest: Manifest, folder: Path) -> str:
    return f"edgefer calibrate {model} --data {manifest.dataset} --count {len(manifest.rows)} --out {folder}"


def _plain(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
