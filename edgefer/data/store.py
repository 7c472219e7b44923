"""Prepared stores: a dataset as memory-mapped arrays with a manifest, so that opening one costs milliseconds.

A store is a folder of `faces.npy`, `labels.npy`, `splits.npy` (one entry a face, in the official row order),
`targets.npy` where faces have target distributions, and `manifest.json`. A file whose size and time are still those of
the manifest is trusted; any other is hashed before use.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgefer.console import Step
from edgefer.data.dataset import Dataset
from edgefer.data.faces import FaceSet, Pixels, Targets, content_sha256
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.paths import atomic_dir, read_text_file, refuse_foreign, require_file, sha256, sha256_of

MANIFEST = "manifest.json"
FACES, LABELS, SPLITS = "faces.npy", "labels.npy", "splits.npy"
TARGETS = "targets.npy"
FILES = (FACES, LABELS, SPLITS)
OWN = (*FILES, TARGETS, MANIFEST)


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
    """The manifest. size: height and width of a face; sha256: hash over the content of all splits.

    left_out: rows of the source that are not in the store, by reason. Files written before a field existed lack it.
    """

    format: Literal[1] = 1
    name: str
    emotions: tuple[str, ...]
    size: tuple[int, int]
    colour: Literal["gray", "rgb"] = "gray"
    splits: dict[str, SplitInfo]
    sha256: str
    source: str
    source_sha256: str
    command: str = ""
    left_out: dict[str, int] = Field(default_factory=dict)
    files: dict[str, Stamp]


@dataclass(frozen=True)
class Store:
    """An open store, memory-mapped.

    pixels: uint8 `[N, H, W]` or `[N, H, W, 3]`. labels, codes: uint8 `[N]`; codes index `splits`. targets: float32
    `[N, classes]` or None.
    """

    path: Path
    info: StoreInfo
    pixels: npt.NDArray[np.uint8]
    labels: npt.NDArray[np.uint8]
    codes: npt.NDArray[np.uint8]
    targets: Targets | None = None

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
        targets = None if self.targets is None else self.targets[where]
        digest = self.info.splits[name].sha256
        return FaceSet(self.info.name, name, self.info.emotions, self.pixels[where], labels, digest, targets)


def write_store(out: Path, dataset: Dataset, step: Step | None = None) -> Store:
    """Write a dataset as a store, atomically, with no more than a block of its faces in memory at once.

    `step(faces, note)` is called after each block. Raises ArtifactError when `out` cannot be written or holds something
    else than a store, DataError when the reader gives other faces than it announced, and as the reader.
    """
    refuse_foreign(out, OWN, "a store")
    present = np.unique(dataset.codes)
    codes = np.searchsorted(present, dataset.codes).astype(np.uint8)
    with atomic_dir(out) as folder:
        np.save(folder / LABELS, dataset.labels, allow_pickle=False)
        np.save(folder / SPLITS, codes, allow_pickle=False)
        if dataset.targets is not None:
            np.save(folder / TARGETS, dataset.targets, allow_pickle=False)
        _write_faces(folder / FACES, dataset, step)
        pixels = np.load(folder / FACES, "r", allow_pickle=False)
        infos = {dataset.splits[code]: _describe(dataset, pixels, codes == place) for place, code in enumerate(present)}
        names = FILES if dataset.targets is None else (*FILES, TARGETS)
        info = StoreInfo(
            name=dataset.name,
            emotions=dataset.emotions,
            size=dataset.size,
            colour=dataset.colour,
            splits=infos,
            sha256=sha256_of(*(part for split, about in infos.items() for part in (split, about.sha256))),
            source=_utf8(dataset.source),
            source_sha256=dataset.source_sha256,
            command=_utf8(dataset.command),
            left_out=dict(dataset.left_out),
            files={name: _stamp(folder / name) for name in names},
        )
        (folder / MANIFEST).write_text(info.model_dump_json(indent=2) + "\n", encoding="utf-8")
    return open_store(out)


def open_store(path: Path, verify: bool = False) -> Store:
    """Open a store, memory-mapped; `verify` hashes every file whatever its time says.

    Raises ArtifactError when it is missing, cut short, altered or of another format.
    """
    info = read_manifest(path)
    if foreign := sorted(set(info.files) - {*OWN}):
        raise ArtifactError(f"{path / MANIFEST} is damaged (it lists {foreign[0]})", again(path, info))
    names = [*FILES, *(name for name in info.files if name == TARGETS)]
    for name in names:
        _check(path, name, info, verify)
    try:
        pixels, labels, codes, *more = (np.asarray(np.load(path / name, "r", allow_pickle=False)) for name in names)
    except (OSError, ValueError) as error:
        raise ArtifactError(f"an array in {path} is damaged ({error})", again(path, info)) from error
    count = sum(split.faces for split in info.splits.values())
    targets = more[0] if more else None
    shapes = [pixels.shape, labels.shape, codes.shape, (count,) if targets is None else targets.shape[:1]]
    if shapes != [(count, *info.size, 3) if info.colour == "rgb" else (count, *info.size), *[(count,)] * 3]:
        raise ArtifactError(f"{path} does not hold the {count} faces of its manifest", again(path, info))
    _check_values(path, info, pixels, labels, codes, targets)
    return Store(path, info, pixels, labels, codes, targets)


def _check_values(path: Path, info: StoreInfo, *arrays: npt.NDArray[Any] | None) -> None:
    """Arrays of the types of a store, whose labels and splits are those of its manifest."""
    _, labels, codes, _ = arrays
    kinds = [None if array is None else array.dtype for array in arrays]
    if kinds[:3] != [np.uint8] * 3 or kinds[3] not in (None, np.float32):
        raise ArtifactError(f"an array in {path} is of another type than a store's", again(path, info))
    for array, names, what in ((labels, info.emotions, "emotion"), (codes, info.splits, "split")):
        if array is not None and len(array) and int(array.max()) >= len(names):
            raise ArtifactError(f"{path} holds faces whose {what} its manifest does not name", again(path, info))


def read_manifest(path: Path) -> StoreInfo:
    """The manifest of a store, without a look at its arrays; raises ArtifactError when there is none or it is damaged."""
    file = path / MANIFEST
    text = read_text_file(file, "the manifest of a prepared store", again(path))
    try:
        return StoreInfo.model_validate_json(text)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "file"
        raise ArtifactError(f"{file} is damaged ({place}: {first['msg']})", again(path)) from error


def again(path: Path, info: StoreInfo | None = None) -> str:
    """The line that makes a store again."""
    known = info.command if info and info.command else "edgefer data prepare NAME --source SOURCE"
    return f"make it again: {known} --out {path}"


def _write_faces(file: Path, dataset: Dataset, step: Step | None) -> None:
    done = 0
    with file.open("wb") as handle:
        header = {"descr": "|u1", "fortran_order": False, "shape": dataset.shape}
        np.lib.format.write_array_header_1_0(handle, header)
        for block in dataset.faces():
            if block.shape[1:] != dataset.shape[1:] or block.dtype != np.uint8:
                raise DataError(f"{dataset.source}: a face of shape {block.shape[1:]} instead of {dataset.shape[1:]}")
            handle.write(np.ascontiguousarray(block).data)
            done += len(block)
            if step is not None:
                step(len(block), "")
    if done != len(dataset):
        raise DataError(f"{dataset.source}: {done} faces for {len(dataset)} labels")


def _describe(dataset: Dataset, pixels: Pixels, member: npt.NDArray[np.bool_]) -> SplitInfo:
    rows = np.flatnonzero(member)
    whole = len(rows) == rows[-1] - rows[0] + 1
    faces = pixels[rows[0] : rows[-1] + 1] if whole else pixels[rows]
    labels, emotions = dataset.labels[rows].astype(np.int64), dataset.emotions
    counts = np.bincount(labels, minlength=len(emotions)).tolist()
    targets = None if dataset.targets is None else dataset.targets[rows]
    digest = content_sha256(faces, labels, emotions, targets)
    return SplitInfo(faces=len(rows), emotions=dict(zip(emotions, counts, strict=True)), sha256=digest)


def _utf8(text: str) -> str:
    """A text that may hold the name of a file, which may be no UTF-8."""
    return text.encode("utf-8", "backslashreplace").decode()


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
