from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer.data.readers.fer2013_counts import OFFICIAL, SPLITS, check_counts
from edgefer.errors import DataError

CSV = Path("mine.csv")
ALPHABETICAL = (0, 1, 2, 3, 5, 6, 4)  # where the label of the csv stands among class folders


def _labels(split: str, numbering: tuple[int, ...] = tuple(range(7))) -> np.ndarray:
    return np.repeat(np.array(numbering, np.uint8), OFFICIAL[split])


def _check(*parts: tuple[str, np.ndarray]) -> None:
    codes = np.concatenate([np.full(len(labels), SPLITS.index(split), np.uint8) for split, labels in parts])
    check_counts(CSV, SPLITS, np.concatenate([labels for _, labels in parts]), codes)


def test_the_official_numbers_pass_in_silence(capfd):
    _check(*((split, _labels(split)) for split in SPLITS))
    assert capfd.readouterr().err == ""


def test_alphabetical_labels_are_refused_with_what_each_seems_to_be():
    with pytest.raises(DataError) as fault:
        _check(("Training", _labels("Training", ALPHABETICAL)))
    assert str(fault.value) == (
        "mine.csv: the labels are permuted: by the number of Training faces, label 4 (sad) seems to be neutral, "
        "5 (surprise) seems to be sad, 6 (neutral) seems to be surprise, as in class folders numbered in alphabetical "
        "order. number them 0 anger, 1 disgust, 2 fear, 3 happy, 4 sad, 5 surprise, 6 neutral, or name the class "
        "folders themselves with --source: they are read by name"
    )


def test_another_order_is_refused_without_a_guess_at_its_cause():
    with pytest.raises(DataError) as fault:
        _check(("PublicTest", _labels("PublicTest", (1, 0, 2, 3, 4, 5, 6))))
    assert (
        "by the number of PublicTest faces, label 0 (anger) seems to be disgust, 1 (disgust) seems to be anger. "
        in (str(fault.value))
    )


def test_one_permuted_split_among_right_ones_is_refused():
    with pytest.raises(DataError, match="PublicTest faces"):
        _check(("Training", _labels("Training")), ("PublicTest", _labels("PublicTest", ALPHABETICAL)))


def test_the_two_tests_together_are_known_too():
    labels = _labels("Test", ALPHABETICAL)
    with pytest.raises(DataError, match="Test faces, label 4"):
        check_counts(CSV, ("Test",), labels, np.zeros(len(labels), np.uint8))


def test_a_split_with_other_faces_passes_and_is_spoken_of(capfd):
    _check(("Training", _labels("Training", ALPHABETICAL)[:-1]))
    assert capfd.readouterr().err == "mine.csv: Training has 28,708 faces; as published it has 28,709\n"


def test_corrected_labels_pass():
    labels = _labels("Training")
    labels[:5] = 6
    _check(("Training", labels))


def test_the_numbers_add_up():
    assert [sum(OFFICIAL[split]) for split in SPLITS] == [28709, 3589, 3589]
    assert OFFICIAL["Test"] == tuple(np.add(OFFICIAL["PublicTest"], OFFICIAL["PrivateTest"]))


def test_the_numbers_are_those_of_the_published_labels(shared):
    lines = (shared / "data" / "fer2013" / "fer2013-labels.csv").read_text().splitlines()[1:]
    for split in ("Training", "PublicTest"):
        labels = [int(line.split(",")[2]) for line in lines if line.split(",")[1] == split]
        assert tuple(np.bincount(labels).tolist()) == OFFICIAL[split]
