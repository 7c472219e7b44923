"""The audit of a dataset: look at every face once, compare, and say which faces to leave out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from edgefer.data import demo
from edgefer.data.audit.coverage import cover, warnings
from edgefer.data.audit.findings import BLANK, Audit, Blank, Group, Pair, Place
from edgefer.data.audit.looks import Looks, look
from edgefer.data.audit.near import find_twins
from edgefer.data.audit.policy import exclusions
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces, split_names, stores
from edgefer.data.store import MANIFEST
from edgefer.errors import DataError

FIRST = "Training"


def audit_source(source: str, near: bool = True) -> tuple[Audit, list[FaceSet]]:
    """Audit all splits of a source of faces, and return its sets too; raises what `load_faces` raises."""
    sets = in_order([load_faces(source, split) for split in split_names(source)])
    return audit(sets, source, near), sets


def default_source() -> tuple[str, str]:
    """What an audit looks at when it is not told, and why: the store prepared last among those with a name, else demo."""
    found = stores()
    if not found:
        return demo.NAME, "no dataset is prepared here, so the drawn demo faces"
    return max(found, key=lambda name: (found[name] / MANIFEST).stat().st_mtime), "the store prepared last"


def in_order(sets: Sequence[FaceSet]) -> list[FaceSet]:
    """Training first, the others as they stand."""
    return sorted(sets, key=lambda faces: faces.split != FIRST)


def audit(sets: Sequence[FaceSet], source: str, near: bool = True) -> Audit:
    """Audit the splits of one dataset, Training first.

    source: what finds the faces again. near: whether near duplicates across splits go on the exclusion list; they are
    searched for in any case. Raises DataError when there is no face, or when the splits differ in their emotions.
    """
    if len({faces.emotions for faces in sets}) > 1:
        raise DataError(f"the splits of {source} differ in their emotions", "audit one dataset at a time")
    looks = look(sets)
    places = _Places(sets, looks)
    first, groups = _identical(looks, places)
    pairs = _near(looks, first[looks.spread[first] >= BLANK], places)
    blank = np.flatnonzero(looks.spread < BLANK)
    blanks = tuple(Blank(places[row], round(float(looks.spread[row]), 2)) for row in blank.tolist())
    splits = cover(sets, looks)
    return Audit(
        dataset=sets[0].name,
        source=source,
        emotions=sets[0].emotions,
        size=(sets[0].pixels.shape[1], sets[0].pixels.shape[2]),
        splits=splits,
        identical=groups,
        near=pairs,
        blanks=blanks,
        warnings=warnings(splits),
        near_excluded=near,
        exclude=exclusions(tuple(splits), blanks, groups, pairs if near else ()),
    )


class _Places:
    """Row of all faces -> where it stands."""

    def __init__(self, sets: Sequence[FaceSet], looks: Looks) -> None:
        self._sets, self._looks = sets, looks

    def __getitem__(self, row: int) -> Place:
        looks = self._looks
        faces = self._sets[int(looks.split[row])]
        return Place(faces.split, int(looks.position[row]), faces.emotions[int(looks.label[row])])


def _identical(looks: Looks, places: _Places) -> tuple[npt.NDArray[np.int64], tuple[Group, ...]]:
    """The first row of each different picture, ascending, and the groups of equal ones, the largest first."""
    _, first, inverse, counts = np.unique(looks.keys, return_index=True, return_inverse=True, return_counts=True)
    rows = np.argsort(inverse.ravel(), kind="stable")
    ends = np.cumsum(counts)
    found = [rows[end - count : end] for end, count in zip(ends, counts, strict=True) if count > 1]
    found.sort(key=lambda group: (-len(group), group[0]))
    return np.sort(first), tuple(Group(tuple(places[row] for row in group.tolist())) for group in found)


def _near(looks: Looks, rows: npt.NDArray[np.int64], places: _Places) -> tuple[Pair, ...]:
    """Near duplicates among the pictures at `rows`, those across splits first, then by falling correlation."""
    twins = find_twins(looks.thumbs[rows])
    pairs = [
        Pair(places[int(rows[first])], places[int(rows[second])], round(float(correlation), 4), bool(mirrored))
        for first, second, correlation, mirrored in zip(
            twins.first, twins.second, twins.correlation, twins.mirrored, strict=True
        )
    ]
    return tuple(sorted(pairs, key=lambda pair: (pair.first.split == pair.second.split, -pair.correlation)))
