"""Reader of AffectNet (Mollahosseini, Hasani and Mahoor, arXiv 1708.03985) in both layouts that its authors hand out.

See `affectnet_csv` and `affectnet_npy`. Its numbers are those of `emotions.AFFECTNET`, then 8 None, 9 Uncertain and
10 No-Face, which show no emotion and are left out. The set with 7 classes is the same without contempt.
"""

from __future__ import annotations

from pathlib import Path

from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.readers import affectnet_csv, affectnet_npy
from edgefer.data.readers.affectnet_classes import NAME, WHERE, Classes
from edgefer.data.readers.picture_files import fingerprint, nothing_at

SIDE = 112


def read(source: Path, options: Options) -> Dataset:
    """AffectNet as a dataset, in colour; raises DataError, naming file and line."""
    digest = fingerprint_of(source, options)
    classes = Classes.of(options)
    rows = (
        affectnet_csv.read(source, options.images, classes)
        if affectnet_csv.is_at(source)
        else affectnet_npy.read(source, classes)
    )
    side = options.size or SIDE
    return rows.dataset(classes.store, NAME, source, options, digest, side, left_out=classes.left_out)


def fingerprint_of(source: Path, options: Options) -> str:
    """See `picture_files.fingerprint`; the small annotation files of the npy layout count as pictures do."""
    options.only(NAME, "images", "classes", "size")
    Classes.of(options)
    if affectnet_csv.is_at(source):
        lists, pictures = affectnet_csv.parts(source, options.images)
        return fingerprint(NAME, options, lists, [pictures])
    options.only(NAME, "classes", "size")
    if affectnet_npy.is_at(source):
        return fingerprint(NAME, options, [], affectnet_npy.parts(source))
    raise nothing_at(source, "neither training.csv nor train_set/annotations", WHERE)


AFFECTNET = Reader(
    name=NAME,
    source="AffectNet",
    where=WHERE,
    fingerprint=fingerprint_of,
    read=read,
    store=lambda _source, options: Classes.of(options).store,
)
