from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.card import Measurement, ModelCard, Provenance
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError, UsageError
from edgefer.evaluate.protocol import (
    Protocol,
    default_split,
    evaluate_protocols,
    leak_free,
    measurements,
    score_protocols,
    without_listed,
)
from tests.evaluate.stubs import Asked, answers, blank_faces, card

NAMES = ("anger", "fear", "sad")


def happy_only(pixels):
    return np.tile([0.0, 0, 0, 5, 0, 0, 0], (len(pixels), 1))


@pytest.fixture
def faces():
    return blank_faces([3, 3, 3, 0, 0, 1])


@pytest.fixture
def training(faces):
    """Holds the first two faces of `faces`, labelled otherwise, and one that only differs in a pixel."""
    other = faces.pixels[3:4].copy()
    other[0, 9, 9] = 1
    pixels = np.concatenate((faces.pixels[:2], other))
    return FaceSet.of("made", "Training", FER2013, pixels, np.zeros(3, np.int64))


def test_faces_that_stand_in_training_are_left_out_of_the_second_figure(faces, training):
    found = evaluate_protocols(Asked(card(), happy_only), faces, training)
    assert (found.official.faces, found.official.accuracy) == (6, 0.5)
    assert (found.second.protocol, found.second.faces, found.second.accuracy) == ("leak-free", 4, 0.25)
    assert (found.left_out, found.both) == (2, (found.official, found.second))
    assert found.why == "are pixel-identical to a face of Training"


def test_every_face_is_asked_about_once(faces, training):
    session = Asked(card(), happy_only)
    evaluate_protocols(session, faces, training)
    assert sum(map(len, session.asked)) == len(faces)


def test_a_card_keeps_both_and_reads_back(faces, training):
    kept = measurements(evaluate_protocols(Asked(card(), happy_only), faces, training))
    assert [(one.protocol, one.faces, one.tta) for one in kept] == [("official", 6, "none"), ("leak-free", 4, "none")]
    assert [one.place for one in kept] == ["made PublicTest", "made PublicTest, leak-free"]
    own = card(measured=kept)
    assert ModelCard.from_json(own.to_json(), "here").measured == kept


def test_a_card_keeps_one_where_nothing_leaks(faces):
    apart = blank_faces([0], size=24)
    assert len(measurements(evaluate_protocols(Asked(card(), happy_only), faces, apart))) == 1


def test_cards_from_before_the_protocols_can_be_read():
    old = {"dataset": "d", "split": "s", "faces": 1, "backend": "b", "recall": {}}
    old |= dict.fromkeys(("accuracy", "balanced_accuracy", "macro_f1"), 0.5)
    one = Measurement.model_validate(old)
    assert (one.protocol, one.tta, one.place) == ("official", "none", "d s")


def test_where_every_face_leaks_no_second_figure_is_made_up(faces):
    found = evaluate_protocols(Asked(card(), happy_only), faces, faces)
    assert found.second is None
    assert found.why
    assert len(measurements(found)) == 1


def test_a_list_is_a_protocol(faces, tmp_path):
    path = tmp_path / "audit.json"
    part = {"sha256": faces.sha256, "rows": {"0": "blank", "5": "twice"}}
    path.write_text(json.dumps({"dataset": "made", "exclude": {"PublicTest": part}}))
    found = without_listed(faces, path)
    assert (found.name, found.keep.tolist()) == (
        "without the faces of audit.json",
        [False, True, True, True, True, False],
    )
    with pytest.raises(ArtifactError, match="made from other faces"):
        without_listed(blank_faces([0, 0]), path)


def test_a_protocol_follows_its_faces():
    rule = Protocol("p", np.array([True, False, True, False]), "w").at(np.array([0, 3]))
    assert (rule.keep.tolist(), rule.left_out) == ([True, False], 1)


def test_without_a_second_protocol_there_is_one_evaluation():
    found = score_protocols(answers([0, 1], [0, 1], NAMES), None)
    assert (found.second, found.left_out, found.both) == (None, 0, (found.official,))


def test_leak_free_looks_at_pixels_alone(faces, training):
    assert leak_free(faces, training).keep.tolist() == [False, False, True, True, True, True]


@pytest.mark.parametrize(
    ("chose", "splits", "taken"),
    [
        ("PrivateTest", ("Training", "PublicTest", "PrivateTest"), "PrivateTest"),
        ("Validation", ("Training", "PublicTest", "PrivateTest"), "PublicTest"),
        ("", ("Training", "Test"), "Test"),
        ("", ("Everything",), "Everything"),
    ],
)
def test_the_split_that_is_judged_by_default(chose, splits, taken):
    own = card(provenance=Provenance(splits=("Training", chose) if chose else ()))
    assert default_split(own, splits, "made") == taken


@pytest.mark.parametrize("splits", [("Training",), ("Training", "Left", "Right")])
def test_splits_that_leave_a_choice_are_listed(splits):
    with pytest.raises(UsageError, match=f"it has {', '.join(splits)}"):
        default_split(card(), splits, "made")
