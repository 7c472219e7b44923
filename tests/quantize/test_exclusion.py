from __future__ import annotations

import json

import pytest

from edgefer.errors import BuildError, CheckFailed, UsageError
from edgefer.quantize.exclusion import Exclusion, Limits, Reason, exclude
from edgefer.quantize.sensitivity import Sensitivity, measure
from tests.quantize.layered import FACES, Layered

# Of 140 faces, 20 of each emotion: one face is 0.71 points overall and 5 of its emotion.
ANGER = [row for row, label in enumerate(FACES.labels.tolist()) if label == 0]
HAPPY = [row for row, label in enumerate(FACES.labels.tolist()) if label == 3]


def search(net: Layered, max_drop: float | None = None, max_class_drop: float | None = None) -> Exclusion:
    """The order is that of the same net on the same faces."""

    def rank() -> Sensitivity:
        asked = list(net.asked)
        found = measure(net.layers, net.reference, net.ask)
        net.asked[:] = [*asked, ("ranked",)]
        return found

    return exclude(net.layers, net.reference, net.ask, rank, Limits(max_drop, max_class_drop))


def test_all_int8_that_holds_needs_no_order():
    net = Layered({"a": ANGER[:1], "b": []})
    found = search(net, 1, 5)
    assert (found.reason, found.left, found.sensitivity, found.without) == (Reason.HELD, (), None, None)
    assert net.asked == [()]
    assert found.why == "limits hold with 0 of 2 convolutions in float"
    assert not any("lean to the good side" in note for note in found.notes)
    found.check()


def test_the_worst_are_left_one_after_another_until_the_limits_hold():
    net = Layered({"a": ANGER[:1], "b": ANGER[2:6], "c": HAPPY[:2], "d": []})
    found = search(net, max_class_drop=5)
    assert found.reason is Reason.HELD
    assert found.left == ("b", "c")
    # All INT8, no INT8 at all, the order, then one more each time; not a further one once the limits hold.
    assert net.asked == [(), ("a", "b", "c", "d"), ("ranked",), ("b",), ("b", "c")]
    assert [attempt.left for attempt in found.attempts] == [(), ("b",), ("b", "c")]
    assert [round(attempt.class_drop, 6) for attempt in found.attempts] == [25, 10, 5]
    assert found.attempts[0].drop == pytest.approx(5)
    assert found.sensitivity.ranking == ("b", "c", "a", "d")
    found.check()


def test_the_overall_limit_alone_stops_earlier_than_that_of_an_emotion():
    net = Layered({"a": ANGER[:1], "b": ANGER[2:6], "c": HAPPY[:2], "d": []})
    assert search(net, max_drop=3).left == ("b",)
    assert search(net, max_drop=1).left == ("b", "c")


def test_the_last_convolution_is_never_left_in_float():
    net = Layered({"a": ANGER[:4], "b": ANGER[4:8]})
    found = search(net, 1, 15)
    assert found.reason is Reason.EXHAUSTED
    assert [attempt.left for attempt in found.attempts] == [(), ("a",)]
    with pytest.raises(CheckFailed) as failed:
        found.check()
    assert "accuracy fell by 2.86 points, from 100.0% to 97.1% (at most 1 allowed)" in failed.value.what
    assert "anger fell by 20.00 points" in failed.value.what
    assert "no convolution left, 1 of 2 in float came nearest" in failed.value.what
    assert "--max-drop 2.86 --max-class-drop 20" in failed.value.fix


def test_the_line_that_allows_it_is_enough_as_typed():
    spoils = {"a": ANGER[:4], "b": ANGER[4:7]}
    assert search(Layered(spoils), 1, 5).reason is Reason.EXHAUSTED
    assert search(Layered(spoils), 2.15, 15).reason is Reason.HELD


def test_where_no_int8_at_all_would_hold_there_is_nothing_to_gain():
    net = Layered({"a": ANGER[:4], "b": []}, always=HAPPY[:2])
    found = search(net, max_class_drop=5)
    assert (found.reason, found.left, found.sensitivity) == (Reason.USELESS, (), None)
    assert net.asked == [(), ("a", "b")]
    assert found.without.class_drop == pytest.approx(10)
    with pytest.raises(CheckFailed, match=r"anger fell by 20.*without any INT8 misses a limit too"):
        found.check()


def test_the_nearest_attempt_is_the_one_that_misses_least():
    class Odd(Layered):
        """Once the order is known, a and b in float are no better than all INT8."""

        def ask(self, left):
            answers = super().ask(left)
            return super().ask(()) if ("ranked",) in self.asked and tuple(left) == ("a", "b") else answers

    net = Odd({"a": ANGER[:6], "b": ANGER[6:10], "c": ANGER[10:13]})
    found = search(net, max_class_drop=5)
    assert found.reason is Reason.EXHAUSTED
    assert found.last.left == ("a", "b")
    assert found.left == ("a",)


def test_notes_say_what_leans_and_what_few_faces_are_worth():
    found = search(Layered({"a": ANGER[:4], "b": []}), max_class_drop=5)
    assert "the order was measured on 140 faces of noise PublicTest, none of which set an INT8 range" in found.notes
    assert "PublicTest decided when to stop, so its figures lean to the good side" in found.notes
    assert any("anger has 20 faces, so one face is 5.0 points" in note for note in found.notes)


def test_json_holds_the_order_every_step_and_the_reason():
    values = json.loads(json.dumps(search(Layered({"a": ANGER[:4], "b": []}), 1, 5).to_dict()))
    assert (values["held"], values["reason"], values["left_in_float"]) == (True, "limits hold", ["a"])
    assert values["limits"] == {"max_drop": 1, "max_class_drop": 5}
    assert values["judged_on"] == {"dataset": "noise", "split": "PublicTest", "faces": 140, "data_sha256": FACES.sha256}
    first, second = values["attempts"]
    assert (first["left_in_float"], second["left_in_float"]) == ([], ["a"])
    assert first["class_drop_points"]["anger"] == pytest.approx(20)
    assert first["accuracy"] == pytest.approx(136 / 140)
    assert (first["gate"]["passed"], second["gate"]["passed"]) == (False, True)
    assert [effect["layer"] for effect in values["sensitivity"]["effects"]] == ["a", "b"]
    assert values["without_int8"]["drop_points"] == 0
    assert str(values["without_int8"]["drop_points"]) == "0.0"


def test_limits_are_percentage_points_and_at_least_one_is_set():
    with pytest.raises(UsageError, match="--max-drop 101 is no number of percentage points"):
        Limits(101)
    with pytest.raises(UsageError, match="needs a limit to hold"):
        Limits()


def test_a_network_without_convolutions_is_refused():
    net = Layered({})
    with pytest.raises(BuildError, match="no convolution to quantise"):
        search(net, 1)
