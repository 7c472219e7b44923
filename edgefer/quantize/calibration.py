"""Calibration sets: the faces over which INT8 ranges are measured, even over emotion and brightness, bound to one model.

A set is a folder with `faces.npy` (uint8 `[N, C, H, W]`, exactly the pixels that the network is given) and
`manifest.json` (where each face comes from and what the set fits). The manifest holds no pictures.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer import paths
from edgefer.card import InputSpec, ModelCard
from edgefer.data.preprocess import to_planes
from edgefer.emotions import canonical
from edgefer.errors import ArtifactError, DataError
from edgefer.quantize.draw import brightness_bounds, draw, strata
from edgefer.quantize.manifest import MANIFEST, Brightness, Coverage, ExclusionUsed, Manifest, Request, read_manifest
from edgefer.quantize.pool import Pool
from edgefer.runtime.session import Array

FACES = "faces.npy"
COUNT = 512


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

    def check(self, card: ModelCard, model: Path | None = None) -> None:
        """Raise ArtifactError unless the set fits a model: same preprocessing, emotions, and dataset.

        A set from another dataset than the model was trained on fits if it was made for this very model. The error
        holds the command that makes a set for it; `model` is the model's file in that command.
        """
        made, own = self.manifest, card.provenance.dataset
        request = Request.of(made)
        foreign = bool(own) and made.dataset != own and made.model != card.name
        mine, theirs = _emotions(card), set(made.counts)
        if foreign or theirs != mine:
            request = replace(request, data=own or "NAME", exclude=None)
        fix = f"make one for it: {request.command(model, self.folder)}"
        if differing := [
            f"{name} {_plain(getattr(made.input, name))} instead of {_plain(getattr(card.input, name))}"
            for name in InputSpec.model_fields
            if getattr(made.input, name) != getattr(card.input, name)
        ]:
            raise ArtifactError(f"{self.folder} was made for other preprocessing ({', '.join(differing)})", fix)
        if theirs != mine:
            names = ", ".join(sorted(theirs ^ mine))
            raise ArtifactError(f"{self.folder} holds other emotions than {card.name} ({names})", fix)
        if foreign:
            raise ArtifactError(
                f"{self.folder} was drawn from {made.dataset} for {made.model}, and {card.name} was trained on {own}",
                fix,
            )


def make_calibration_set(pool: Pool, card: ModelCard, count: int, out: Path, seed: int = 0) -> CalibrationSet:
    """Draw `count` faces, even over emotions and brightness, and write them as a set for a model, atomically.

    What an emotion or a brightness is short of, the others share. Raises DataError when the pool has fewer faces or
    other emotions than the model, ArtifactError when `out` cannot be written or holds something else.
    """
    faces = pool.faces
    names = [canonical(name) for name in faces.emotions]
    if set(names) != _emotions(card):
        differing = ", ".join(sorted(set(names) ^ _emotions(card)))
        raise DataError(
            f"{faces.name} holds other emotions than {card.name} ({differing})",
            "name faces of its emotions with --data",
        )
    if not 0 < count <= pool.left:
        skipped = f" ({pool.why} were skipped)" if pool.why else ""
        raise DataError(
            f"{count:,} calibration faces were asked for, and {faces.name} {faces.split} has {pool.left:,} to draw from{skipped}",
            f"use --count with 1 to {pool.left}" if pool.left else "name other faces with --data",
        )
    paths.refuse_foreign(out, (FACES, MANIFEST), "a calibration set")
    rows = draw(pool, count, seed)
    with paths.atomic_dir(out) as folder:
        np.save(folder / FACES, to_planes(np.asarray(faces.pixels[rows]), card.input))
        manifest = Manifest(
            model=card.name,
            dataset=faces.name,
            source=pool.source,
            data_sha256=faces.sha256,
            split=faces.split,
            seed=seed,
            rows=tuple(rows.tolist()),
            coverage=_coverage(pool, names, rows),
            skipped=pool.skipped,
            exclude=ExclusionUsed(file=str(pool.exclude), sha256=pool.exclude_sha256) if pool.exclude else None,
            input=card.input,
            faces_sha256=paths.sha256(folder / FACES),
        )
        manifest.write(folder)
    return open_calibration_set(out)


def open_calibration_set(folder: Path, model: Path | None = None) -> CalibrationSet:
    """Open a set and check that its faces are those of its manifest.

    Raises ArtifactError when it is missing, damaged or altered; the message holds the command that makes it again, for
    the file `model`.
    """
    if folder.is_file():
        fix = f"make it again: {Request().command(model, folder)}"
        raise ArtifactError(f"{folder} is a file, not the folder of a calibration set", fix)
    manifest = read_manifest(folder, model)
    fix = f"make it again: {Request.of(manifest).command(model, folder)}"
    faces = paths.require_file(folder / FACES, "the faces of a calibration set", fix)
    if paths.sha256(faces) != manifest.faces_sha256:
        raise ArtifactError(f"{faces} is not the file that {folder / MANIFEST} describes (the SHA-256 differs)", fix)
    try:
        pixels = np.load(faces, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"{faces} is no array of faces", fix) from error
    if not isinstance(pixels, np.ndarray) or pixels.dtype != np.uint8:
        raise ArtifactError(f"{faces} is no array of faces", fix)
    if pixels.shape != (len(manifest.rows), *manifest.input.shape):
        raise ArtifactError(f"{faces} does not hold the {len(manifest.rows)} faces of its manifest", fix)
    return CalibrationSet(folder, manifest, pixels)


def _coverage(pool: Pool, names: list[str], rows: npt.NDArray[np.int64]) -> Coverage:
    bounds = brightness_bounds(pool.levels)
    width = len(bounds) + 1
    cells = pool.faces.labels[rows] * width + strata(pool.levels[rows], bounds)
    table = np.bincount(cells, minlength=len(names) * width).reshape(len(names), width).tolist()
    return Coverage(
        bounds=bounds,
        faces={name: tuple(row) for name, row in zip(names, table, strict=True)},
        drawn=_brightness(pool.levels[rows]),
        split=_brightness(pool.levels),
    )


def _brightness(levels: npt.NDArray[np.float64]) -> Brightness:
    mean, darkest, brightest = (round(float(value), 2) for value in (levels.mean(), levels.min(), levels.max()))
    return Brightness(mean=mean, darkest=darkest, brightest=brightest)


def _emotions(card: ModelCard) -> set[str]:
    return {canonical(label) for label in card.labels}


def _plain(value: object) -> str:
    return "/".join(map(str, value)) if isinstance(value, tuple) else str(value)
