from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.data.readers.labels import check_list, class_emotions, in_order
from edgefer.emotions import ALIASES, FER2013
from edgefer.errors import DataError


def test_names_rule_whatever_numbers_stand_before_them():
    known = class_emotions(["0_Happy", "01 angry", "2. Neutral face", "(3)sadness"], "faces")
    assert known == {"0_Happy": "happy", "01 angry": "anger", "2. Neutral face": "neutral", "(3)sadness": "sad"}


def test_every_alias_passes():
    for alias, meant in ALIASES.items():
        other = "sad" if meant != "sad" else "anger"
        assert class_emotions([alias.upper(), other], "faces")[alias.upper()] == meant


def test_bare_numbers_are_refused_with_the_numberings():
    with pytest.raises(DataError) as fault:
        class_emotions(["0", "1", "2"], "faces/train")
    message = str(fault.value)
    assert message.startswith("faces/train calls a class '0'")
    for words in (
        "FER2013: 0 anger, 1 disgust",
        "RAF-DB: 1 surprise, 2 fear",
        "AffectNet: 0 neutral",
        "FER+: 0 neutral",
    ):
        assert words in message
    assert "'0_happy'" in message


def test_a_single_number_among_names_is_refused_too():
    with pytest.raises(DataError, match="calls a class '7'"):
        class_emotions(["happy", "7"], "faces")


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["happy", "Happiness"], "has the classes 'happy' and 'Happiness', which both mean happy"),
        (["3_angry", "anger", "sad"], "both mean anger"),
        (["happy", "suprise"], r"'suprise' is not an emotion name. did you mean 'surprise'\? Rename the class"),
        (["happy", "boredom"], "'boredom' is not an emotion name. known names: anger"),
        (["happy"], r"has 1 class\(es\), and at least 2 are needed"),
        ([], r"has 0 class\(es\)"),
    ],
)
def test_what_is_not_plain_is_refused(names, words):
    with pytest.raises(DataError, match=words):
        class_emotions(names, "faces")


def test_edgefers_order():
    assert in_order(["neutral", "contempt", "sad", "anger", "sad"]) == ("anger", "sad", "neutral", "contempt")


@pytest.mark.parametrize(
    "text",
    [
        "angry\nhappy\nneutral\n",
        "\ufeff0 angry\r\n1 happy\r\n2 neutral\r\n",
        "happy, angry, neutral",
        "neutral: 4\nhappy: 3\nangry = 0\n",
    ],
)
def test_a_list_that_names_the_same_passes(text):
    Path("classes.txt").write_text(text, encoding="utf-8", newline="")
    check_list(Path("classes.txt"), ["anger", "happy", "neutral"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("angry\nhappy\n", "lists anger, happy, but the folders beside it hold anger, disgust"),
        ("a.jpg 3\nb.jpg 2\n", "'a.jpg' is not an emotion name"),
        ("0\n1\n", "'' is not an emotion name"),
        ("", "is empty"),
        ("\n\n", "is empty"),
    ],
)
def test_a_list_that_names_others_is_refused(text, words):
    Path("labels.txt").write_text(text)
    with pytest.raises(DataError, match=words) as fault:
        check_list(Path("labels.txt"), FER2013)
    assert "labels.txt" in str(fault.value)
