"""One way to any faces: by name."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

from edgefer.data import demo
from edgefer.data.exclusion import without
from edgefer.data.faces import FaceSet
from edgefer.data.store import MANIFEST, open_store
from edgefer.errors import UsageError
from edgefer.paths import DATA, cache_dir


def load_faces(source: str, split: str, exclude: Path | None = None) -> FaceSet:
    """Faces of a split. source: `demo`, the name of a prepared store, or a store's folder.

    exclude: an exclusion list; what it names is left out. Raises UsageError for a source or a split that is not there,
    ArtifactError for a damaged store or a list that was made from other faces.
    """
    faces = demo.demo_faces(split) if source == demo.NAME else open_store(locate(source)).split(split)
    return faces if exclude is None else without(faces, exclude)


def split_names(source: str) -> tuple[str, ...]:
    """Names of the splits of a source, in official order; raises as `load_faces`."""
    return tuple(demo.SPLITS) if source == demo.NAME else open_store(locate(source)).splits


def locate(source: str) -> Path:
    """The folder of a prepared store, from its name or its path; raises UsageError when there is none."""
    if found := find_store(source):
        return found
    if (Path(source) / MANIFEST).exists():
        return Path(source)
    if Path(source).is_file():
        raise UsageError(
            f"{source} is a file, not a prepared store",
            f"prepare it first: edgefer data prepare fer2013 --source {source}",
        )
    # The readers find stores through this module.
    from edgefer.data.prepare import DATASETS

    known = [demo.NAME, *stores()]
    near = difflib.get_close_matches(source, known, n=1)
    if reader := DATASETS.get(source):
        hint = f"prepare it first: edgefer data prepare {source} --source {reader.source}"
    elif near:
        hint = f"did you mean '{near[0]}'?"
    elif source and Path(source).is_dir():
        hint = f"if it holds class folders, prepare it first: edgefer data prepare folder --source {source}"
    else:
        hint = f"there is: {', '.join(known)}; more with: edgefer data prepare DATASET"
    raise UsageError(f"no faces are known as '{source}'", hint)


def find_store(name: str) -> Path | None:
    """The folder of a prepared store of that name: `./data/NAME`, else `NAME` in the cache's `data`."""
    return stores().get(name)


def stores() -> dict[str, Path]:
    """All prepared stores that a name finds, by name; the working folder's come before the cache's."""
    found = {path.name: path for folder in (cache_dir() / DATA, DATA) for path in _stores_in(folder)}
    return dict(sorted(found.items()))


def _stores_in(folder: Path) -> Iterator[Path]:
    if folder.is_dir():
        yield from (entry for entry in folder.iterdir() if (entry / MANIFEST).is_file())
