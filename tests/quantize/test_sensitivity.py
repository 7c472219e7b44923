from __future__ import annotations

import json
from dataclasses import replace

import pytest

from edgefer.errors import BuildError, DataError
from edgefer.quantize.sensitivity import Sensitivity, measure
from tests.quantize.layered import FACES, Layered


def faces_of(label: int) -> list[int]:
    return [row for row, other in enumerate(FACES.labels.tolist()) if other == label]


def measured(net: Layered) -> Sensitivity:
    return measure(net.layers, net.reference, net.ask)


def test_each_layer_is_asked_about_alone_and_then_all_together():
    net = Layered({"a": [0], "b": [1], "c": [2]})
    measured(net)
    assert [sorted(left) for left in net.asked] == [["b", "c"], ["a", "c"], ["a", "b"], []]


def test_an_effect_is_what_the_layer_does_to_labels_and_recalls():
    anger, happy = faces_of(0), faces_of(3)
    found = measured(Layered({"a": [], "b": [*anger[:5], happy[0]]}))
    worst, other = found.effects
    assert (worst.layer, other.layer) == ("b", "a")
    assert worst.same_label == pytest.approx(1 - 6 / 140)
    assert worst.accuracy == pytest.approx(1 - 6 / 140)
    assert worst.recall["anger"] == pytest.approx(0.75)
    changes = found.changes(worst)
    assert {name: round(change, 4) for name, change in changes.items() if change} == {"anger": -0.25, "happy": -0.05}
    assert (other.same_label, other.divergence, found.accuracy) == (1, 0, 1)
    assert found.together.same_label == worst.same_label
    assert (found.dataset, found.split, found.faces, found.data_sha256) == ("noise", "PublicTest", 140, FACES.sha256)


def test_divergence_ranks_even_where_no_label_changes():
    found = measured(Layered({"a": [], "b": [], "c": []}, blur={"a": 0.1, "b": 0.5, "c": 0.3}))
    assert found.ranking == ("b", "c", "a")
    assert [effect.same_label for effect in found.effects] == [1, 1, 1]


def test_layers_that_do_the_same_keep_their_order():
    assert measured(Layered({"c": [], "a": [], "b": []})).ranking == ("c", "a", "b")


def test_an_emotion_without_faces_has_no_recall_and_no_change():
    some = FACES.take([row for row, label in enumerate(FACES.labels) if label != 1])
    found = measured(Layered({"a": [0]}, faces=some))
    assert found.effects[0].recall["disgust"] is None
    assert found.effects[0].divergences["disgust"] is None
    assert found.effects[0].divergences["anger"] > found.effects[0].divergences["happy"] == 0
    assert found.counts["disgust"] == 0
    assert set(found.changes(found.effects[0])) == set(FACES.emotions) - {"disgust"}


def test_json_holds_every_layer_worst_first():
    values = json.loads(json.dumps(measured(Layered({"a": [], "b": [0]})).to_dict()))
    assert values["schema"] == 1
    assert [effect["layer"] for effect in values["effects"]] == ["b", "a"]
    assert values["effects"][0]["recall"]["anger"] == pytest.approx(0.95)
    assert values["together"]["layer"] == "all in INT8"


def test_no_layer_and_a_wrong_order_are_refused():
    net = Layered({"a": [], "b": [0]})
    with pytest.raises(BuildError, match="no convolution to quantise"):
        measure((), net.reference, net.ask)
    found = measured(net)
    with pytest.raises(DataError, match="at least one"):
        replace(found, effects=())
    with pytest.raises(DataError, match="worst first"):
        replace(found, effects=found.effects[::-1])
