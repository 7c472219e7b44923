"""The audit of the real FER2013, held against what plain counting of its bytes says."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from edgefer.data.audit import audit as module
from edgefer.data.audit.audit import audit
from edgefer.data.audit.near import Twins
from edgefer.data.audit.tally import tally
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013

SHEETS = (*((f"fer2013-training-{number}.png", 7200) for number in range(3)), ("fer2013-training-3.png", 7109))
TRAINING = 28709


def tiles(path: Path, count: int) -> np.ndarray:
    sheet = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    rows, columns = sheet.shape[0] // 48, sheet.shape[1] // 48
    return sheet.reshape(rows, 48, columns, 48).swapaxes(1, 2).reshape(-1, 48, 48)[:count]


@pytest.fixture
def official(shared: Path) -> list[FaceSet]:
    folder = shared / "data" / "fer2013"
    with (folder / "fer2013-labels.csv").open(newline="") as handle:
        labels = np.array([int(row["emotion"]) for row in csv.DictReader(handle)], np.int64)
    training = np.concatenate([tiles(folder / name, count) for name, count in SHEETS])
    public = tiles(folder / "fer2013-publictest.png", 3589)
    return [
        FaceSet.of("fer2013", "Training", FER2013, training, labels[:TRAINING]),
        FaceSet.of("fer2013", "PublicTest", FER2013, public, labels[TRAINING:]),
    ]


def test_copies_leaks_conflicts_and_blanks_are_all_found(official, monkeypatch):
    nothing = Twins(*(np.empty(0, kind) for kind in (np.int64, np.int64, np.float32, np.bool_)))
    monkeypatch.setattr(module, "find_twins", lambda thumbs: nothing)
    found = audit(official, "fer2013")

    same = defaultdict(list)
    for faces in official:
        for position, (face, label) in enumerate(zip(faces.pixels, faces.labels.tolist(), strict=True)):
            same[face.tobytes()].append((faces.split, position, FER2013[label]))
    groups = {tuple(places) for places in same.values() if len(places) > 1}
    assert {tuple((one.split, one.position, one.label) for one in group.places) for group in found.identical} == groups
    assert len(groups) == 1273
    conflicts = {places for places in groups if len({label for _, _, label in places}) > 1}
    assert len(found.conflicts) == len(conflicts) == 47

    leaked = {position for places in groups for split, position, _ in places if split != places[0][0]}
    assert len(leaked) == 280
    counts = tally(found)
    assert (counts["Training"].leaked, counts["PublicTest"].leaked) == (0, 280)
    assert leaked <= set(found.exclude["PublicTest"])

    blank = {
        (faces.split, int(row)) for faces in official for row in np.flatnonzero(np.ptp(faces.pixels, axis=(1, 2)) == 0)
    }
    assert len(blank) == 12
    assert {(one.place.split, one.place.position) for one in found.blanks if not one.spread} == blank
    assert (counts["Training"].blank, counts["PublicTest"].blank) == (11, 1)
    assert all(found.exclude[split][row] == "blank" for split, row in blank)

    for faces in official:
        kept = np.setdiff1d(np.arange(len(faces)), list(found.exclude[faces.split]))
        assert len({face.tobytes() for face in faces.pixels[kept]}) == len(kept)
    assert not {
        face.tobytes() for face in np.delete(official[1].pixels, list(found.exclude["PublicTest"]), axis=0)
    } & set(same_of(official[0]))
    assert sum(warning.startswith("disgust is rare in ") for warning in found.warnings) == 2


def same_of(faces: FaceSet) -> list[bytes]:
    return [face.tobytes() for face in faces.pixels]


def test_crops_of_one_photograph_are_found(official):
    """A tenth of the faces, with some that were seen to be copies: shifted, watermarked, mirrored."""
    training, public = official
    seen = {(16237, 18): False, (15000, 1738): False, (23095, 381): False, (27709, 478): True, (4133, 3419): True}
    rows = np.unique([*range(0, TRAINING, 14), *(row for row, _ in seen)])
    some = np.unique([*range(0, len(public), 14), *(row for _, row in seen)])
    found = audit([training.take(rows), public.take(some)], "fer2013")
    pairs = {
        (int(rows[pair.first.position]), int(some[pair.second.position])): pair.mirrored for pair in found.near_leaks
    }
    assert seen.items() <= pairs.items()
    assert len(found.near) < 60
