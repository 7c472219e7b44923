"""What a source of faces holds, as plain data: for `edgefer data info` and for reports."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from edgefer.data import demo
from edgefer.data.load import locate, stores
from edgefer.data.store import Store, open_store, read_manifest
from edgefer.errors import ArtifactError
from edgefer.paths import sha256_of


@dataclass(frozen=True)
class Summary:
    """One source of faces. counts: faces by split and emotion name; bytes: its size on disk, 0 for drawn faces.

    size: height and width of a face in pixels. targets: whether faces have distributions beside their labels. left_out:
    rows of the source that are not in it, by reason. sha256: hash of all content; split_sha256: of each split's face
    set.
    """

    name: str
    path: str
    emotions: tuple[str, ...]
    size: tuple[int, int]
    colour: Literal["gray", "rgb"]
    targets: bool
    counts: dict[str, dict[str, int]]
    sha256: str
    split_sha256: dict[str, str]
    bytes: int
    source: str
    source_sha256: str
    left_out: dict[str, int]


@dataclass(frozen=True)
class Listing:
    """One line of the list of sources. fault: why a store cannot be read, else empty."""

    name: str
    path: str
    faces: dict[str, int]
    fault: str = ""


def summarise(source: str) -> Summary:
    """Look at a source of faces, at every byte of a store; raises what `load_faces` raises."""
    return _demo() if source == demo.NAME else summarise_store(open_store(locate(source), verify=True))


def summarise_store(store: Store) -> Summary:
    """The summary of an open store, from its manifest."""
    info = store.info
    return Summary(
        name=info.name,
        path=str(store.path),
        emotions=info.emotions,
        size=info.size,
        colour=info.colour,
        targets=store.targets is not None,
        counts={name: split.emotions for name, split in info.splits.items()},
        sha256=info.sha256,
        split_sha256={name: split.sha256 for name, split in info.splits.items()},
        bytes=sum(stamp.bytes for stamp in info.files.values()),
        source=info.source,
        source_sha256=info.source_sha256,
        left_out=info.left_out,
    )


def list_sources() -> list[Listing]:
    """Demo faces and every store that a name finds; a damaged one is listed with its fault."""
    found = [Listing(demo.NAME, "built in", dict(demo.SPLITS))]
    for name, path in stores().items():
        found.append(_listing(name, path))
    return found


def _listing(name: str, path: Path) -> Listing:
    try:
        splits = read_manifest(path).splits
    except ArtifactError as error:
        return Listing(name, str(path), {}, str(error))
    return Listing(name, str(path), {split: about.faces for split, about in splits.items()})


def _demo() -> Summary:
    sets = {split: demo.demo_faces(split) for split in demo.SPLITS}
    first = next(iter(sets.values()))
    hashes = {split: faces.sha256 for split, faces in sets.items()}
    return Summary(
        name=demo.NAME,
        path="built in",
        emotions=first.emotions,
        size=(demo.SIZE, demo.SIZE),
        colour="gray",
        targets=False,
        counts={split: faces.counts() for split, faces in sets.items()},
        sha256=sha256_of(*(part for pair in hashes.items() for part in pair)),
        split_sha256=hashes,
        bytes=0,
        source="drawn by edgefer",
        source_sha256="",
        left_out={},
    )
