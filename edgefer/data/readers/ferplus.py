"""Reader of FER+ (Barsoum et al., arXiv 1608.01041): the faces of FER2013, each labelled by ten people."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.dataset import Dataset, Options, Reader
from edgefer.data.faces import Pixels
from edgefer.data.readers.fer2013_counts import SPLITS
from edgefer.data.readers.fer2013_csv import SIDE
from edgefer.data.readers.ferplus_csv import NAME as LABELS
from edgefer.data.readers.ferplus_csv import WHERE, VoteRows, find_votes, read_votes
from edgefer.data.readers.ferplus_faces import check_in_step, faces_sha256, find_faces, read_faces
from edgefer.data.readers.ferplus_protocols import NO_FACE, PROTOCOLS, UNKNOWN, Verdicts
from edgefer.emotions import FERPLUS as EMOTIONS
from edgefer.errors import DataError, UsageError
from edgefer.paths import sha256, sha256_of

NAME = "ferplus"
MAJORITY = "majority"

_CONTEMPT = EMOTIONS.index("contempt")
_BLOCK = 4096  # faces


def read(path: Path, options: Options) -> Dataset:
    """FER+ under a protocol: Training with its labels and targets, the other splits by majority whatever the protocol.

    With 7 classes, faces of contempt are left out, and so are the votes for it on other faces. Raises DataError for
    faulty votes, for faces that are not there, and for votes and faces that are out of step; UsageError for a protocol
    or a number of classes that FER+ does not know.
    """
    protocol, classes = _settings(options)
    source = find_votes(path)
    place = find_faces(source, options.images)
    votes, rows = read_votes(source), read_faces(place)
    check_in_step(source, votes, place, rows)
    votes = votes.first(len(rows.labels))
    verdicts = _verdicts(votes, protocol)
    left_out = _left_out(votes, verdicts, classes)
    stays = np.flatnonzero(~np.logical_or.reduce(list(left_out.values())))
    if not len(stays):
        raise DataError(f"{source}: on no face do people agree", WHERE)
    targets = verdicts.targets[stays, :classes]

    def faces() -> Iterator[Pixels]:
        for start in range(0, len(stays), _BLOCK):
            yield rows.pixels[stays[start : start + _BLOCK]]

    return Dataset(
        name=store_name(options),
        emotions=EMOTIONS[:classes],
        splits=SPLITS,
        labels=verdicts.labels[stays].astype(np.uint8),
        codes=rows.splits[stays],
        size=(SIDE, SIDE),
        faces=faces,
        source=source.name,
        source_sha256=fingerprint(path, options),
        command=options.command(NAME, path),
        targets=None if protocol == MAJORITY else targets / targets.sum(1, keepdims=True),
        left_out={reason: int(rows.sum()) for reason, rows in left_out.items() if rows.any()},
    )


def fingerprint(path: Path, options: Options) -> str:
    """Hash of the votes, the faces and the options."""
    protocol, classes = _settings(options)
    source = find_votes(path)
    return sha256_of(sha256(source), faces_sha256(find_faces(source, options.images)), protocol, str(classes))


def store_name(options: Options) -> str:
    """`ferplus`, then the protocol unless it is the majority's, then the number of classes unless it is 8."""
    protocol, classes = _settings(options)
    parts = [NAME, "" if protocol == MAJORITY else protocol, "" if classes == len(EMOTIONS) else str(classes)]
    return "-".join(filter(None, parts))


def _settings(options: Options) -> tuple[str, int]:
    """Protocol and number of classes."""
    options.only(NAME, "images", "protocol", "classes")
    protocol, classes = options.protocol or MAJORITY, options.classes or len(EMOTIONS)
    if protocol not in PROTOCOLS:
        near = difflib.get_close_matches(protocol, PROTOCOLS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(PROTOCOLS)}"
        raise UsageError(f"FER+ has no protocol '{protocol}'", hint)
    if classes not in (7, 8):
        raise UsageError(f"FER+ has 8 classes, or 7 without contempt, not {classes}", "use --classes 7 or 8")
    return protocol, classes


def _verdicts(votes: VoteRows, protocol: str) -> Verdicts:
    """Training by the protocol, the rest by majority."""
    own, fixed = PROTOCOLS[protocol].judge(votes.votes), PROTOCOLS[MAJORITY].judge(votes.votes)
    training = votes.splits == SPLITS.index("Training")
    return Verdicts(
        np.where(training, own.labels, fixed.labels),
        np.where(training[:, None], own.targets, fixed.targets),
        np.where(training, own.scattered, fixed.scattered),
    )


def _left_out(votes: VoteRows, verdicts: Verdicts, classes: int) -> dict[str, npt.NDArray[np.bool_]]:
    """Which rows are left out for which reason, bool `[N]` each; no row for two."""
    nameless, scattered, labels = ~votes.named, verdicts.scattered, verdicts.labels
    clear = votes.named & ~scattered
    return {
        "no majority": scattered & ~nameless,
        "unknown": clear & (labels == UNKNOWN),
        "not a face": nameless | clear & (labels == NO_FACE),
        "contempt": clear & (labels == _CONTEMPT) & (classes <= _CONTEMPT),
    }


FERPLUS = Reader(
    name=NAME,
    source=LABELS,
    where=WHERE,
    fingerprint=fingerprint,
    read=read,
    store=lambda _source, options: store_name(options),
)
