"""From a dataset as its authors publish it to a prepared store."""

from __future__ import annotations

from pathlib import Path

from edgefer import emotions
from edgefer.console import progress, say
from edgefer.data import fer2013
from edgefer.data.store import OWN, Store, open_store, write_store
from edgefer.errors import ArtifactError
from edgefer.paths import refuse_foreign, sha256

_MEGABYTE = 1_000_000


def prepare_fer2013(source: Path, out: Path, force: bool = False) -> Store:
    """Read fer2013.csv and write it as a store; where `out` already holds that very file, say so and only open it.

    Raises DataError for a faulty csv (nothing is written then), ArtifactError for a place that cannot take a store.
    """
    digest = sha256(fer2013.require_csv(source))
    if not force and (ready := _ready(out, digest)):
        say(f"{out} already holds {source}; --force prepares it again")
        return ready
    refuse_foreign(out, OWN, "a store")
    rows = _read(source)
    arrays = (rows.pixels, rows.labels, rows.splits)
    return write_store(out, "fer2013", emotions.FER2013, fer2013.SPLITS, arrays, source, digest)


# What `edgefer data prepare` knows, by name.
DATASETS = {"fer2013": prepare_fer2013}


def _ready(out: Path, digest: str) -> Store | None:
    try:
        store = open_store(out, verify=True)
    except ArtifactError:
        return None
    return store if store.info.source_sha256 == digest else None


def _read(source: Path) -> fer2013.Rows:
    megabytes = -(-source.stat().st_size // _MEGABYTE)
    with progress(f"reading {source.name}, MB", megabytes) as step:
        seen = shown = 0

        def advance(count: int) -> None:
            nonlocal seen, shown
            seen += count
            if seen >= (shown + 1) * _MEGABYTE:
                step(seen // _MEGABYTE - shown, "")
                shown = seen // _MEGABYTE

        rows = fer2013.read_fer2013(source, advance)
        step(megabytes - shown, f"{len(rows.labels)} faces")
    return rows
