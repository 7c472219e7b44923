"""From a model to the faces that it is calibrated on, and to the set that a command uses when it is not told one."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces, split_names
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import CALIBRATION
from edgefer.quantize.calibration import COUNT, CalibrationSet, make_calibration_set, open_calibration_set
from edgefer.quantize.manifest import Manifest, Request, read_manifest
from edgefer.quantize.pool import SPLIT, Pool, screen


def training_pool(card: ModelCard, source: str | None = None, exclude: Path | None = None) -> Pool:
    """Faces to calibrate a model on: the Training split of `source`, else of what the model was trained on.

    Faces of its other splits are kept out, and what `exclude` lists. Raises UsageError when the card does not say, or
    the faces are not on this machine, ArtifactError as `screen`.
    """
    name = source or trained_on(card)
    others = [load_faces(name, split) for split in split_names(name) if split != SPLIT]
    return screen(load_faces(name, SPLIT), others, name, exclude)


def trained_on(card: ModelCard) -> str:
    """The name of the faces that a model was trained on; raises UsageError when its card does not say."""
    if not card.provenance.dataset:
        raise UsageError(
            f"{card.name} does not say which faces it was trained on, and INT8 needs some of them",
            "name them: edgefer calibrate MODEL --data fer2013 (or demo)",
        )
    return card.provenance.dataset


def default_folder(card: ModelCard, faces: FaceSet, count: int) -> Path:
    """Such as `calibration/mini-c-fer2013-512`."""
    return CALIBRATION / re.sub(r"[^\w.+-]+", "-", f"{card.name}-{faces.name}-{count}")


def fitting_set(folder: Path, card: ModelCard, model: Path) -> CalibrationSet:
    """Open a set for a model; the errors hold the command that makes a new one for the file `model`.

    Raises ArtifactError when the set is missing or damaged, was made for other preprocessing, emotions or data, or when
    the faces that it was drawn from are here and have changed since.
    """
    made = open_calibration_set(folder, model)
    made.check(card, model)
    if (found := _present(made.manifest)) and found[1].sha256 != made.manifest.data_sha256:
        name, faces = found
        fix = f"make one of them: {replace(Request.of(made.manifest), data=name).command(model, folder)}"
        raise ArtifactError(f"{folder} was drawn from other faces than {faces.name} {faces.split} holds now", fix)
    return made


@dataclass(frozen=True)
class OwnSet:
    """Where a model's own set belongs, and what is there.

    made: the set, None where none that fits is there; stale: then why the one that is there does not fit. pool, count:
    what it is made of.
    """

    folder: Path
    made: CalibrationSet | None
    stale: str
    pool: Pool
    count: int


def own_set(card: ModelCard, model: Path) -> OwnSet:
    """The set that a model uses when it is not told one; `model` is its file. Makes nothing.

    Raises as `training_pool`, and as `fitting_set` when the set there honours an exclusion list, which nobody but the
    user can renew.
    """
    pool = training_pool(card)
    count = min(COUNT, pool.left)
    folder = default_folder(card, pool.faces, count)
    made, stale = None, ""
    if folder.is_dir():
        try:
            made = fitting_set(folder, card, model)
        except ArtifactError as error:
            if _honours_a_list(folder):
                raise
            stale = error.what
    return OwnSet(folder, made, stale, pool, count)


def default_set(card: ModelCard, model: Path) -> tuple[CalibrationSet, bool]:
    """The model's own set in its default folder, and whether it was there already; `model` is its file.

    It is made when it is missing, and made again, with a message that says why, when it does not fit any more.
    Raises as `own_set`.
    """
    own = own_set(card, model)
    if own.made is not None:
        return own.made, True
    if own.stale:
        say(f"{own.stale}: making it again")
    return make_calibration_set(own.pool, card, own.count, own.folder), False


def _present(manifest: Manifest) -> tuple[str, FaceSet] | None:
    """The faces that a set was drawn from as they are now, and what finds them; None where they are not here."""
    for name in (manifest.source, manifest.dataset):
        with contextlib.suppress(UsageError):
            return name, load_faces(name, SPLIT)
    return None


def _honours_a_list(folder: Path) -> bool:
    try:
        return read_manifest(folder, None).exclude is not None
    except ArtifactError:
        return False
