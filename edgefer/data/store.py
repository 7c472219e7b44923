"""Prepared stores: a dataset as memory-mapped arrays with a manifest, so that opening one costs milliseconds.

A store is a folder of `faces.npy`, `labels.npy`, `splits.npy` (one entry a face, in the official row order) and
`manifest.json`. A file whose size and time are still those of the manifest is trusted; any other is hashed before use.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, ValidationError

from edgefer.data.faces import FaceSet, content_sha256
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import atomic_dir, refuse_foreign, require_file, sha256, sha256_of

MANIFEST = "manifest.json"
FACES, LABELS, SPLITS = "faces.npy", "labels.npy", "splits.npy"
FILES = (FACES, LABELS, SPLITS)
OWN = (*FILES, MANIFEST)


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Stamp(_Frozen):
    """What an array file must look like. modified: its time in nanoseconds."""

    bytes: int
    modified: int
    sha256: str


class SplitInfo(_Frozen):
    """A split: its faces, how many show each emotion, and the hash of its face set."""

    faces: int
    emotions: dict[str, int]
    sha256: str


class StoreInfo(_Frozen):
    """The manifest. size: height and width of a face; sha256: hash over the content of all splits."""

    format: Literal[1] = 1
    name: str
    emotions: tuple[str, ...]
    size: tuple[int, int]
    splits: dict[str, SplitInfo]
    sha256: str
    source: str
    source_sha256: str
    files: dict[str, Stamp]


@dataclass(frozen=True)
class Store:
    """An open store. pixels: uint8 `[N, H, W]`, memory-mapped; labels, codes: uint8 `[N]`, codes index `splits`."""

    path: Path
    info: StoreInfo
    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    codes: npt.NDArray[np.uint8]

    @property
    def splits(self) -> tuple[str, ...]:
        """Names of the splits that hold faces, in official order."""
        return tuple(self.info.splits)

    def rows(self, split: str) -> npt.NDArray[np.int64]:
        """Official row numbers of a split's faces, ascending, int64 `[n]`; raises UsageError for an unknown split."""
        if split not in self.splits:
            raise UsageError(f"{self.path} has no split '{split}'", f"its splits are: {', '.join(self.splits)}")
        return np.flatnonzero(self.codes == self.splits.index(split))

    def split(self, name: str) -> FaceSet:
        """The faces of a split; their pixels stay on disk where the split's rows follow each other."""
        rows = self.rows(name)
        whole = len(rows) == rows[-1] - rows[0] + 1
        where = slice(int(rows[0]), int(rows[-1]) + 1) if whole else rows
        labels = self.labels[where].astype(np.int64)
        return FaceSet(
            self.info.name, name, self.info.emotions, self.pixels[where], labels, self.info.splits[name].sha256
        )


def write_store(
    out: Path,
    name: str,
    emotions: Sequence[str],
    splits: Sequence[str],
    arrays: tuple[npt.NDArray[np.uint8], npt.NDArray[np.uint8], npt.NDArray[np.uint8]],
    source: Path,
    source_sha256: str,
) -> Store:
    """Write pixels `[N, H, W]`, labels `[N]` and codes `[N]` (indices into `splits`) as a store, atomically.

    Raises ArtifactError when `out` cannot be written or holds something else than a store.
    """
    pixels, labels, codes = arrays
    refuse_foreign(out, OWN, "a store")
    order = tuple(emotions)
    present = np.unique(codes)
    infos = {splits[code]: _describe(pixels[codes == code], labels[codes == code], order) for code in present.tolist()}
    with atomic_dir(out) as folder:
        stamps = {}
        for file, array in zip(FILES, (pixels, labels, np.searchsorted(present, codes).astype(np.uint8)), strict=True):
            np.save(folder / file, array, allow_pickle=False)
            stamps[file] = _stamp(folder / file)
        info = StoreInfo(
            name=name,
            emotions=order,
            size=(pixels.shape[1], pixels.shape[2]),
            splits=infos,
            sha256=sha256_of(*(part for split, about in infos.items() for part in (split, about.sha256))),
            source=source.name,
            source_sha256=source_sha256,
            files=stamps,
        )
        (folder / MANIFEST).write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return open_store(out)


def open_store(path: Path, verify: bool = False) -> Store:
    """Open a store, memory-mapped; `verify` hashes every file whatever its time says.

    Raises ArtifactError when it is missing, cut short, altered or of another format.
    """
    info = read_manifest(path)
    for file in FILES:
        _check(path, file, info, verify)
    try:
        pixels, labels, codes = (np.asarray(np.load(path / file, "r", allow_pickle=False)) for file in FILES)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"an array in {path} is damaged ({error})", again(path, info)) from error
    count = sum(split.faces for split in info.splits.values())
    if pixels.shape != (count, *info.size) or labels.shape != (count,) or codes.shape != (count,):
        raise ArtifactError(f"{path} does not hold the {count} faces of its manifest", again(path, info))
    return Store(path, info, pixels, labels, codes)


def read_manifest(path: Path) -> StoreInfo:
    """The manifest of a store, without a look at its arrays; raises ArtifactError when there is none or it is damaged."""
    file = require_file(path / MANIFEST, "the manifest of a prepared store", again(path))
    try:
        return StoreInfo.model_validate_json(file.read_bytes())
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ArtifactError(f"{file} is damaged ({place}: {first['msg']})", again(path)) from error


def again(path: Path, info: StoreInfo | None = None) -> str:
    """The line that makes a store again."""
    source = info.source if info else "fer2013.csv"
    return f"make it again: edgefer data prepare fer2013 --source {source} --out {path}"


def _describe(pixels: Any, labels: npt.NDArray[np.uint8], emotions: tuple[str, ...]) -> SplitInfo:
    counts = np.bincount(labels, minlength=len(emotions)).tolist()
    digest = content_sha256(pixels, labels.astype(np.int64), emotions)
    return SplitInfo(faces=len(labels), emotions=dict(zip(emotions, counts, strict=True)), sha256=digest)


def _stamp(file: Path) -> Stamp:
    status = file.stat()
    return Stamp(bytes=status.st_size, modified=status.st_mtime_ns, sha256=sha256(file))


def _check(path: Path, name: str, info: StoreInfo, verify: bool) -> None:
    file, stamp = path / name, info.files.get(name)
    if stamp is None:
        raise ArtifactError(f"{path / MANIFEST} is damaged (it does not list {name})", again(path, info))
    require_file(file, "a part of a prepared store", again(path, info))
    status = file.stat()
    if status.st_size != stamp.bytes:
        raise ArtifactError(f"{file} has {status.st_size} bytes, not {stamp.bytes}", again(path, info))
    if (verify or status.st_mtime_ns != stamp.modified) and sha256(file) != stamp.sha256:
        raise ArtifactError(f"{file} was altered: its hash is not the one in {MANIFEST}", again(path, info))
