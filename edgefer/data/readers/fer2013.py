"""Reader of FER2013 (Goodfellow et al., arXiv 1307.0414) in every layout that is around: three csv files, class folders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from edgefer import emotions
from edgefer.console import progress, say
from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.faces import Pixels
from edgefer.data.readers.fer2013_counts import SPLITS, check_counts
from edgefer.data.readers.fer2013_csv import NAMES, SIDE, WHERE, Rows, official_csv, read_csv
from edgefer.data.readers.fer2013_folders import SPLITS as MIRROR_SPLITS
from edgefer.data.readers.fer2013_folders import mirror_files, read_mirror, split_folders
from edgefer.data.readers.picture_files import fingerprint as fingerprint_of
from edgefer.errors import DataError
from edgefer.paths import sha256

NAME = "fer2013"

_MEGABYTE = 1_000_000
_ARCHIVES = (".7z", ".bz2", ".gz", ".rar", ".tar", ".tgz", ".xz", ".zip")


def read(path: Path, options: Options) -> Dataset:
    """FER2013 as a dataset; raises DataError, also when its labels are a permutation of the official ones."""
    options.only(NAME)
    source = find_source(path)
    dataset = _read_folders(source, options) if source.is_dir() else _read_file(source, options)
    check_counts(source, dataset.splits, dataset.labels, dataset.codes)
    if not dataset.codes.any():
        say(f"{source}: all faces are of {SPLITS[0]}, so there are none to choose an epoch or to evaluate on")
    return dataset


def fingerprint(path: Path, options: Options) -> str:
    """Hash of the csv, or of the names, sizes and times of the pictures."""
    options.only(NAME)
    source = find_source(path)
    return fingerprint_of(NAME, options, (), mirror_files(source).values()) if source.is_dir() else sha256(source)


def find_source(path: Path) -> Path:
    """The csv file, or the folder of `train` and `test`, that `path` is or holds; raises DataError when there is none."""
    if not path.is_dir():
        return official_csv(path).require()
    if found := _known_in(path):
        return found
    inside = sorted(path.iterdir())
    if deeper := next((entry for entry in inside if entry.is_dir() and _known_in(entry)), None):
        fix = f"did you mean --source {deeper}?"
    elif archive := next((entry for entry in inside if entry.suffix.lower() in _ARCHIVES), None):
        fix = f"unpack {archive.name} first"
    else:
        fix = WHERE
    raise DataError(f"{path} holds none of {', '.join(NAMES)} and no folders train and test", fix)


def read_rows(path: Path) -> Rows:
    """Rows of a csv file, with a progress line; raises as `read_csv`."""
    megabytes = -(-path.stat().st_size // _MEGABYTE)
    with progress(f"reading {path.name}, MB", megabytes) as step:
        seen = shown = 0

        def advance(count: int) -> None:
            nonlocal seen, shown
            seen += count
            if seen >= (shown + 1) * _MEGABYTE:
                step(seen // _MEGABYTE - shown, "")
                shown = seen // _MEGABYTE

        rows = read_csv(path, advance)
        step(megabytes - shown, f"{len(rows.labels)} faces")
    return rows


def _known_in(folder: Path) -> Path | None:
    for name in NAMES:
        if (folder / name).is_file():
            return folder / name
    if split_folders(folder):
        return folder
    unlabelled = folder / "test.csv"  # reading it tells why it cannot be used
    return unlabelled if unlabelled.is_file() else None


def _read_file(source: Path, options: Options) -> Dataset:
    rows = read_rows(source)

    def faces() -> Iterator[Pixels]:
        yield rows.pixels

    return Dataset(
        name=NAME,
        emotions=emotions.FER2013,
        splits=SPLITS,
        labels=rows.labels,
        codes=rows.splits,
        size=(SIDE, SIDE),
        faces=faces,
        source=source.name,
        source_sha256=fingerprint(source, options),
        command=options.command(NAME, source),
    )


def _read_folders(source: Path, options: Options) -> Dataset:
    mirror = read_mirror(source)
    for sentence in mirror.empty:
        say(sentence)
    return Dataset(
        name=NAME,
        emotions=emotions.FER2013,
        splits=MIRROR_SPLITS,
        labels=mirror.labels,
        codes=mirror.splits,
        size=(SIDE, SIDE),
        faces=mirror.faces,
        source=f"{source.resolve().name}/",
        source_sha256=fingerprint(source, options),
        command=options.command(NAME, source),
        left_out={"not a picture": mirror.others} if mirror.others else {},
    )


FER2013 = Reader(
    name=NAME,
    source="fer2013.csv",
    where=WHERE,
    fingerprint=fingerprint,
    read=read,
    store=lambda _source, _options: NAME,
)
