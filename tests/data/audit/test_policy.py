from __future__ import annotations

from edgefer.data.audit.findings import Blank, Group, Pair, Place
from edgefer.data.audit.policy import exclusions

SPLITS = ("Training", "PublicTest", "PrivateTest")


def at(text: str) -> Place:
    """`Training 3 sad`, or `T3 sad`."""
    where, label = text.split()
    split = {"T": "Training", "P": "PublicTest", "X": "PrivateTest"}[where[0]]
    return Place(split, int(where[1:]), label)


def group(*texts: str) -> Group:
    return Group(tuple(at(text) for text in texts))


def place_name(split: str) -> str:
    return {"Training": "T", "PublicTest": "P", "PrivateTest": "X"}[split]


def excluded(blanks=(), groups=(), near=()):
    found = exclusions(SPLITS, blanks, groups, near)
    assert list(found) == list(SPLITS)
    return {f"{place_name(split)}{row}": why for split, rows in found.items() for row, why in rows.items()}


def test_nothing_found_leaves_nothing_out():
    assert excluded() == {}


def test_the_first_of_equal_faces_stays():
    assert excluded(groups=[group("T3 sad", "T5 sad", "T9 sad")]) == {
        "T5": "same picture as Training 3",
        "T9": "same picture as Training 3",
    }


def test_equal_faces_with_different_labels_all_go():
    assert excluded(groups=[group("T3 anger", "T5 sad", "T9 anger")]) == {
        "T3": "conflicting labels: anger, sad; same picture as Training 5",
        "T5": "conflicting labels: anger, sad; same picture as Training 3",
        "T9": "conflicting labels: anger, sad; same picture as Training 5",
    }


def test_a_face_of_an_earlier_split_goes_from_the_later_one_and_stays_there():
    assert excluded(groups=[group("T3 sad", "P1 sad", "P4 fear", "X2 sad")]) == {
        "P1": "same picture as Training 3",
        "P4": "same picture as Training 3, labelled sad there and fear here",
        "X2": "same picture as Training 3",
    }
    assert excluded(groups=[group("P1 sad", "X4 sad")]) == {"X4": "same picture as PublicTest 1"}


def test_a_conflict_and_a_leak_at_once():
    found = excluded(groups=[group("T3 sad", "T4 fear", "P1 sad")])
    assert sorted(found) == ["P1", "T3", "T4"]
    assert found["P1"] == "same picture as Training 3"
    assert found["T4"].startswith("conflicting labels: sad, fear")


def test_blank_faces_go_everywhere_whatever_else_they_are():
    blanks = [Blank(at("T3 sad"), 0.0), Blank(at("T4 fear"), 0.0), Blank(at("P1 sad"), 0.0), Blank(at("X9 sad"), 4.09)]
    assert excluded(blanks, [group("T3 sad", "T4 fear", "P1 sad")]) == {
        "T3": "blank",
        "T4": "blank",
        "P1": "blank",
        "X9": "blank: gray levels spread by 4.1 only",
    }


def test_near_duplicates_go_from_the_later_split_with_all_their_copies():
    near = [
        Pair(at("T7 sad"), at("P1 fear"), 0.93, mirrored=False),
        Pair(at("T8 sad"), at("P1 fear"), 0.97, mirrored=True),
        Pair(at("T7 sad"), at("T8 sad"), 0.99, mirrored=False),
        Pair(at("P2 sad"), at("P3 sad"), 0.99, mirrored=False),
    ]
    assert excluded((), [group("P1 fear", "P5 fear")], near) == {
        "P1": "near duplicate of Training 8, correlation 0.970, mirrored",
        "P5": "near duplicate of Training 8, correlation 0.970, mirrored",
    }


def test_a_copy_in_training_is_a_better_reason_than_a_near_one():
    near = [
        Pair(at("T2 sad"), at("T3 sad"), 0.95, mirrored=False),
        Pair(at("T2 sad"), at("P1 sad"), 0.95, mirrored=False),
    ]
    assert excluded((), [group("T3 sad", "P1 sad")], near) == {"P1": "same picture as Training 3"}
