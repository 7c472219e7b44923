"""From a dataset as its authors publish it to a prepared store."""

from __future__ import annotations

from pathlib import Path

from edgefer.console import progress, say
from edgefer.data.dataset import Options, Reader
from edgefer.data.readers.affectnet import AFFECTNET
from edgefer.data.readers.expw import EXPW
from edgefer.data.readers.fer2013 import FER2013
from edgefer.data.readers.ferplus import FERPLUS
from edgefer.data.readers.folders import FOLDER
from edgefer.data.readers.rafdb import RAFDB
from edgefer.data.store import OWN, Store, open_store, write_store
from edgefer.errors import ArtifactError
from edgefer.paths import DATA, refuse_foreign

# What `edgefer data prepare` knows.
READERS = (FER2013, FERPLUS, RAFDB, AFFECTNET, EXPW, FOLDER)
DATASETS: dict[str, Reader] = {reader.name: reader for reader in READERS}


def prepare(
    reader: Reader, source: Path, out: Path | None = None, options: Options | None = None, force: bool = False
) -> Store:
    """Read a dataset and write it as a store; where that very source is in `out` already, say so and only open it.

    `out` is `data/<name of the dataset>` when not given. Raises DataError for a faulty source (nothing is written
    then), ArtifactError for a place that cannot take a store, UsageError for options that are not for this dataset.
    """
    options = options or Options()
    fingerprint = reader.fingerprint(source, options)
    out = out or DATA / reader.store(source, options)
    if not force and (ready := _ready(out, fingerprint)):
        say(f"{out} already holds {source}; --force prepares it again")
        return ready
    refuse_foreign(out, OWN, "a store")
    dataset = reader.read(source, options)
    with progress(f"preparing {dataset.name}, faces", len(dataset)) as step:
        return write_store(out, dataset, step)


def _ready(out: Path, fingerprint: str) -> Store | None:
    try:
        store = open_store(out, verify=True)
    except ArtifactError:
        return None
    return store if store.info.source_sha256 == fingerprint else None
