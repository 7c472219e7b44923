from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from edgefer.card import Provenance
from edgefer.data.faces import FaceSet
from edgefer.data.store import write_store
from edgefer.emotions import FER2013, FERPLUS
from edgefer.errors import DataError, UsageError
from edgefer.evaluate import record, text, words
from edgefer.evaluate.bootstrap import Interval
from edgefer.evaluate.result import Request, run
from tests.datasets import dataset_of
from tests.evaluate.stubs import Asked, blank_faces, card


def first_pixel(labels=FER2013, wrong=(), **changes):
    """A session that reads the label from the first pixel, and the next one instead for the numbers in `wrong`."""

    def say(pixels):
        numbers = pixels[:, 0, 0, 0].astype(int)
        label = (numbers + np.isin(numbers, wrong)) % len(labels)
        return 4.0 * (label[:, None] == np.arange(len(labels)))

    return Asked(card(labels, **changes), say)


@pytest.fixture
def store(tmp_path):
    """70 faces of PublicTest of which the first seven stand in Training too."""
    choosing = blank_faces(list(range(7)) * 10)
    training = FaceSet.of("made", "Training", FER2013, choosing.pixels[:7], choosing.labels[:7])
    write_store(tmp_path / "made", dataset_of([training, choosing], "made"))
    return str(tmp_path / "made")


def test_a_result_alone(store, capsys):
    found = run(first_pixel(wrong=(0,)), None, Request(store))
    assert (found.evaluation.faces, found.protocols.second.faces, found.against) == (70, 63, None)
    assert found.evaluation.accuracy == pytest.approx(69 / 70)
    assert found.notes == ("leak-free: 7 of 70 faces are pixel-identical to a face of Training",)
    assert found.warnings == ()
    assert "evaluate: 70/70" in capsys.readouterr().err


def test_a_result_beside_a_reference_has_both_figures_of_both(store, capsys):
    found = run(first_pixel(wrong=(7, 14)), first_pixel(wrong=(14,)), Request(store, max_class_drop=5))
    assert (found.against.comparison.lost, found.against.comparison.gained) == (1, 0)
    assert found.against.reference.second.accuracy == pytest.approx(62 / 63)
    assert not found.against.verdict.passed
    assert "evaluate: 140/140" in capsys.readouterr().err
    shown = text.render(found)
    assert shown.index("gate FAILED: anger, which fell furthest, 10.00 points less, where 5 less is allowed") > 0
    assert shown.index("1 face became wrong, 0 became right") < shown.index("candidate  official")
    assert [line.split()[0] for line in shown.splitlines() if "leak-free " in line] == ["candidate", "reference"]


def test_without_a_limit_there_is_no_verdict(store):
    assert run(first_pixel(), first_pixel(), Request(store)).against.verdict is None


def test_a_limit_without_a_reference_is_refused(store):
    with pytest.raises(UsageError, match="--against"):
        run(first_pixel(), None, Request(store, max_drop=1.0))


def test_notes_tell_who_has_seen_these_faces(store):
    source = Provenance(dataset="made", splits=("Training", "PublicTest"))
    found = run(first_pixel(provenance=source), None, Request(store))
    assert found.notes[0] == "PublicTest chose the epoch of stub, so its figures lean to the good side"
    found = run(first_pixel(), None, Request(store, "Training"))
    assert found.notes == (
        "Training is for training: these figures tell what stub remembers, not how it reads new faces",
    )
    assert found.protocols.second is None


def test_a_store_whose_faces_all_leak_says_so(tmp_path):
    faces = blank_faces([0, 1, 2])
    write_store(tmp_path / "made", dataset_of([replace(faces, split="Training"), faces], "made"))
    found = run(first_pixel(), None, Request(str(tmp_path / "made")))
    assert found.protocols.second is None
    assert found.notes[0].startswith("all faces of PublicTest are pixel-identical")


def test_a_store_without_leaks_says_so(tmp_path):
    training = replace(blank_faces([0], size=24), split="Training")
    faces = FaceSet.of("made", "PublicTest", FER2013, training.pixels + 9, training.labels)
    write_store(tmp_path / "made", dataset_of([training, faces], "made"))
    found = run(first_pixel(size=24), None, Request(str(tmp_path / "made")))
    assert (found.protocols.left_out, found.protocols.second.faces) == (0, 1)
    assert found.notes == ("no faces of PublicTest are pixel-identical to a face of Training",)


def test_common_emotions_keep_both_protocols_in_step(tmp_path):
    choosing = blank_faces([7, 0, 1, 2, 7], FERPLUS)
    training = FaceSet.of("eight", "Training", FERPLUS, choosing.pixels[1:2], choosing.labels[1:2])
    write_store(tmp_path / "eight", dataset_of([training, replace(choosing, name="eight")], "eight"))
    request = Request(str(tmp_path / "eight"), common=True)
    with pytest.raises(DataError, match="--common"):
        run(first_pixel(), None, replace(request, common=False))
    found = run(first_pixel(), None, request)
    assert (found.evaluation.faces, found.protocols.second.faces) == (3, 2)
    assert found.evaluation.emotions == FER2013
    assert "faces of emotions that not every model knows are left out: 2 of contempt" in found.notes


def test_a_bigger_model_loses_its_other_answers_on_request(store):
    session = first_pixel(FERPLUS)
    found = run(session, None, Request(store, common=True))
    assert (found.evaluation.emotions, found.evaluation.faces) == ((*FERPLUS[:7],), 70)
    assert "its answers for them were dropped before the softmax" in found.notes[-1]


def test_json_of_everything_is_json(store):
    found = run(first_pixel(wrong=(7,)), first_pixel(), Request(store, max_drop=1, max_class_drop=1))
    values = json.loads(json.dumps(record.result_record(found)))
    assert values["schema"] == record.SCHEMA
    assert "NaN" not in json.dumps(values)
    against = values["against"]
    assert (against["right_to_wrong"], against["wrong_to_right"]) == (1, 0)
    assert against["accuracy_difference"] == pytest.approx(-1 / 70)
    low, high = against["accuracy_difference_interval"]
    assert low < -1 / 70 < high <= 0
    assert against["mcnemar"] == {"method": "exact binomial", "statistic": None, "p": 1.0}
    assert against["gate"]["failures"][0].startswith("anger fell by 10.00 points")
    assert against["reference"]["second"]["faces"] == 63


@pytest.mark.parametrize(
    ("value", "interval", "said"),
    [(None, None, "-"), (0.6134, None, "61.3"), (0.6, Interval(0.55, 0.6549), "60.0 (55.0-65.5)")],
)
def test_percentages(value, interval, said):
    assert words.percent(value, interval) == said


@pytest.mark.parametrize(
    ("difference", "said"),
    [(0.0, "no change"), (-0.00001, "no change"), (-0.0125, "1.25 points less"), (0.002, "0.20 points more")],
)
def test_differences_read_aloud(difference, said):
    assert words.change(difference) == said
