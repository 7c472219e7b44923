from __future__ import annotations

import os

import numpy as np
import pytest

from edgefer.data import demo
from edgefer.data.audit.audit import audit, audit_source, default_source, in_order
from edgefer.data.audit.findings import Place
from edgefer.data.audit.tally import tally
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces
from edgefer.data.store import write_store
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import DataError, UsageError
from tests.datasets import dataset_of
from tests.pictures import COPIES, face_set, inner, pictures, wide


def faulty(count: int = 21, colour: bool = False) -> list[FaceSet]:
    """Three splits, every fault once; the labels of untouched faces follow each other."""
    sources = wide(3 * count)
    first, second, third = (np.stack([inner(one) for one in sources[n * count : (n + 1) * count]]) for n in range(3))
    labels = [np.arange(count) % 7 for _ in range(3)]
    first[5], labels[0][5] = first[3], labels[0][3]  # a copy
    first[8] = first[6]  # a conflict: happy and surprise
    labels[0][6], labels[0][8] = 3, 5
    first[10], second[10], third[1] = 0, 255, 7  # blank
    second[2] = first[1]  # leaks
    third[3] = first[1]
    third[4] = second[5]
    second[7] = COPIES["zoomed"](sources[12])  # near leaks
    third[9] = COPIES["mirrored"](sources[count + 8])
    first[15] = COPIES["jpeg"](sources[14])  # near in one split
    sets = [first, second, third]
    if colour:
        sets = [np.stack([one, one // 2 + 60, 200 - one // 3], axis=3) for one in sets]
    names = ("Training", "PublicTest", "PrivateTest")
    return [face_set(*one) for one in zip(sets, labels, names, strict=True)]


EXCLUDED = {
    "Training": {
        5: "same picture as Training 3",
        6: "conflicting labels: happy, surprise; same picture as Training 8",
        8: "conflicting labels: happy, surprise; same picture as Training 6",
        10: "blank",
    },
    "PublicTest": {
        2: "same picture as Training 1, labelled disgust there and fear here",
        7: "near duplicate of Training 12",
        10: "blank",
    },
    "PrivateTest": {
        1: "blank",
        3: "same picture as Training 1, labelled disgust there and happy here",
        4: "same picture as PublicTest 5, labelled surprise there and sad here",
        9: "near duplicate of PublicTest 8",
    },
}


def without_figures(exclude):
    return {split: {row: why.split(", correlation")[0] for row, why in rows.items()} for split, rows in exclude.items()}


@pytest.mark.parametrize("colour", [False, True])
def test_every_fault_is_found_and_left_out(colour):
    found = audit(faulty(colour=colour), "noise")
    assert without_figures(found.exclude) == EXCLUDED
    assert found.exclude["PrivateTest"][9].endswith(", mirrored")
    assert found.near_leaks == found.near[:2]
    assert found.near[0].correlation >= found.near[1].correlation
    assert {(str(pair.first), str(pair.second), pair.mirrored) for pair in found.near} == {
        ("Training 12", "PublicTest 7", False),
        ("PublicTest 8", "PrivateTest 9", True),
        ("Training 14", "Training 15", False),
    }
    assert found.near[2].second.split == "Training"
    assert len(found.leaks) == 2
    assert [place.label for place in found.leaks[0].places] == ["disgust", "fear", "happy"]
    assert {str(blank.place) for blank in found.blanks} == {"Training 10", "PublicTest 10", "PrivateTest 1"}
    assert found.faces == 63
    assert found.size == (48, 48)
    assert found.splits["PublicTest"].sha256 == faulty(colour=colour)[1].sha256


def test_faces_of_each_split_are_counted_once_a_finding():
    counts = tally(audit(faulty(), "noise"))
    training, public, private = counts.values()
    assert (training.identical, training.conflicting, training.leaked, training.near_leaked, training.near) == (
        4,
        3,
        0,
        0,
        2,
    )
    assert (public.identical, public.conflicting, public.leaked, public.near_leaked, public.near) == (0, 2, 1, 1, 0)
    assert (private.identical, private.conflicting, private.leaked, private.near_leaked, private.near) == (
        0,
        2,
        2,
        1,
        0,
    )
    assert [one.blank for one in counts.values()] == [1, 1, 1]
    assert [one.left_out for one in counts.values()] == [4, 3, 4]


def test_a_copy_is_no_near_leak_and_what_is_blank_is_near_to_nothing():
    source = wide(2)
    first = np.stack([inner(source[0]), COPIES["jpeg"](source[0]), (inner(source[1]) // 16)])
    second = np.stack([first[1], first[2] + 1])
    found = audit([face_set(first, np.zeros(3)), face_set(second, np.zeros(2), "PublicTest")], "noise")
    counts = tally(found)["PublicTest"]
    assert (counts.leaked, counts.near_leaked, counts.almost_blank) == (1, 0, 1)
    assert [(str(pair.first), str(pair.second)) for pair in found.near] == [("Training 0", "Training 1")]
    assert found.exclude["PublicTest"] == {
        0: "same picture as Training 1",
        1: f"blank: gray levels spread by {second[1].std():.1f} only",
    }


def test_near_duplicates_are_reported_but_stay_if_asked():
    found = audit(faulty(), "noise", near=False)
    assert len(found.near) == 3
    assert not found.near_excluded
    expected = {split: {row: why for row, why in rows.items() if "near" not in why} for split, rows in EXCLUDED.items()}
    assert found.exclude == expected


def test_training_comes_first_wherever_it_stands():
    first, second, third = faulty()
    assert [one.split for one in in_order([third, first, second])] == ["Training", "PrivateTest", "PublicTest"]


def test_clean_faces_of_one_split_leave_nothing_to_say():
    found = audit([face_set(pictures(70))], "noise")
    assert (found.identical, found.near, found.blanks, found.warnings) == ((), (), (), ())
    assert found.exclude == {"Training": {}}


def test_a_split_with_one_face():
    faces = pictures(14)
    found = audit([face_set(faces), face_set(faces[:1], split="PublicTest")], "noise")
    assert found.exclude == {"Training": {}, "PublicTest": {0: "same picture as Training 0"}}
    assert "PublicTest has no face of sad, Training has" in found.warnings


def test_a_single_face_and_blank_faces_alone():
    assert audit([face_set(pictures(1))], "noise").exclude == {"Training": {}}
    found = audit([face_set(np.zeros((3, 20, 30), np.uint8))], "noise")
    assert found.exclude == {"Training": {0: "blank", 1: "blank", 2: "blank"}}
    assert found.identical[0].places[2] == Place("Training", 2, "fear")
    assert found.conflicts == found.identical


@pytest.mark.parametrize("size", [20, 32, 100])
def test_faces_of_any_size(size):
    some = pictures(10, size)
    faces = np.concatenate([some, 0.8 * some[:2] + 20]).astype(np.uint8)
    found = audit([face_set(faces)], "noise")
    assert [(pair.first.position, pair.second.position) for pair in found.near] == [(0, 10), (1, 11)]


def test_faces_that_cannot_be_audited():
    with pytest.raises(DataError, match="there are no faces to audit"):
        audit([face_set(pictures(1)[:0])], "noise")
    one, other = pictures(2)
    other_order = FaceSet.of("noise", "PublicTest", FERPLUS, other[None], np.zeros(1, np.int64))
    with pytest.raises(DataError, match="the splits of noise differ in their emotions"):
        audit([face_set(one[None]), other_order], "noise")


def test_a_store_is_audited_by_its_folder(tmp_path):
    first, second, third = faulty()
    write_store(tmp_path / "store", dataset_of([second, first, third]))
    found, sets = audit_source(str(tmp_path / "store"))
    assert list(found.splits) == ["Training", "PublicTest", "PrivateTest"]
    assert without_figures(found.exclude) == EXCLUDED
    assert [one.sha256 for one in sets] == [first.sha256, second.sha256, third.sha256]
    assert found.splits["Training"].sha256 == load_faces(str(tmp_path / "store"), "Training").sha256
    with pytest.raises(UsageError, match="no faces are known as 'elsewhere'"):
        audit_source("elsewhere")


def test_drawn_faces_are_audited_too(monkeypatch):
    monkeypatch.setattr(demo, "SPLITS", {"Training": 42, "PublicTest": 21})
    found, _ = audit_source("demo")
    assert found.emotions == FER2013
    assert found.identical == ()
    assert found.faces == 63


def test_without_a_source_the_store_prepared_last_is_taken(tmp_path):
    assert default_source() == ("demo", "no dataset is prepared here, so the drawn demo faces")
    for age, name in enumerate(("b", "a", "c")):
        store = write_store(tmp_path / "cwd" / "data" / name, dataset_of([face_set(pictures(1))]))
        os.utime(store.path / "manifest.json", (1e9 - age, 1e9 - age))
    assert default_source() == ("b", "the store prepared last")
