from __future__ import annotations

import json
from itertools import pairwise

import pytest

from edgefer.camera.interval import Intervals
from edgefer.camera.mqtt import IntervalMqtt, MqttFaces
from tests import brightness_model
from tests.camera.mosquitto import Listener, Mosquitto, needs_mosquitto
from tests.camera.people import face, reading
from tests.camera.programs import started
from tests.films import film


class Said:
    """Stands for the link: remembers what it was to send."""

    def __init__(self):
        self.events, self.states, self.closed = [], [], 0

    def send(self, name, message):
        assert name == "events"
        self.events.append(message)

    def retain(self, name, message):
        assert name == "state"
        self.states.append(message)

    def close(self):
        self.closed += 1


@pytest.fixture
def said():
    return Said()


@pytest.fixture
def sink(said):
    return MqttFaces(said, patience=1.0, now=lambda: 1e9)


def kinds(said):
    return [(event["event"], event["track"], event["emotion"]) for event in said.events]


def test_people_come_change_and_leave(said, sink):
    for index in range(40):
        label = "happy" if index < 10 else "sad"
        others = [face(2, "fear")] if index < 5 else []
        assert sink.take(reading(index, index / 10, face(1, label, (10, 20, 30, 40)), *others))
    assert kinds(said) == [("new", 1, "happy"), ("new", 2, "fear"), ("update", 1, "sad"), ("end", 2, "fear")]
    assert said.events[0] == {
        "schema": 1, "event": "new", "time": 0.0, "at": 1e9, "track": 1, "emotion": "happy", "score": 0.7,
        "box": [10, 20, 30, 40],
    }  # fmt: skip
    assert said.events[3] == {
        "schema": 1, "event": "end", "time": 1.5, "at": 1e9, "track": 2, "emotion": "fear", "seconds": 0.4,
    }  # fmt: skip
    sink.close()
    assert kinds(said)[-1] == ("end", 1, "sad")
    assert said.closed == 1


def test_somebody_who_is_back_within_patience_did_not_leave(said, sink):
    for time in (0.0, 0.1, 0.9, 1.0):
        sink.take(reading(0, time, *([face(1)] if time in (0.0, 1.0) else [])))
    assert kinds(said) == [("new", 1, "happy")]


def test_uncertain_is_what_is_shown(said, sink):
    sink.take(reading(0, 0.0, face(1)))
    sink.take(reading(1, 1.0, face(1, uncertain=True)))
    assert kinds(said) == [("new", 1, "happy"), ("update", 1, "uncertain")]
    assert said.states[-1]["emotions"] == {"uncertain": 1}


def test_a_state_is_told_when_it_changes_but_not_too_often(said, sink):
    sink.take(reading(0, 0.0))
    for index in range(1, 20):
        sink.take(reading(index, index / 10, face(1), face(2), *([face(3, "sad")] if index % 2 else [])))
    times = [state["time"] for state in said.states]
    assert times[0] == 0.0
    assert min(after - before for before, after in pairwise(times)) >= 0.5
    assert said.states[0] == {"schema": 1, "time": 0.0, "at": 1e9, "people": 0, "emotions": {}}
    assert said.states[-1]["emotions"]["happy"] == 2
    sink.close()
    assert (said.states[-1]["people"], said.states[-1]["emotions"]) == (0, {}), "nobody's emotion stays at the broker"


def test_pictures_have_a_state_and_no_events(said, sink):
    sink.take(reading(0, 0.0, face(None), name="a.png"))
    sink.take(reading(1, 1.0, face(None, "sad"), name="b.png"))
    assert [state["emotions"] for state in said.states] == [{"happy": 1}, {"sad": 1}]
    assert said.events == []


def test_intervals_are_a_state_and_nothing_else(said):
    intervals = Intervals(5.0, ("happy",))
    intervals.add(reading(0, 0.0, face(1)))
    interval = intervals.end()
    outlet = IntervalMqtt(said)
    assert outlet.take(interval)
    outlet.close()
    assert (said.states, said.events, said.closed) == ([interval.to_json()], [], 1)


@needs_mosquitto
def test_a_run_tells_a_real_broker(tmp_path):
    model = brightness_model.write(tmp_path / "brightness.onnx")
    clip = film(tmp_path / "clip.avi", [20] * 30 + [240] * 60)
    watched = ["run", "--headless", "--source", clip, "--engine", model, "--detector", "none", "--smooth", 0]
    with Mosquitto(tmp_path) as broker:
        broker.start()
        address = f"mqtt://me:secret@127.0.0.1:{broker.port}/lab"
        with Listener(broker.port, "lab") as live:
            process = started(*watched, "--mqtt", address)
            error = process.communicate(timeout=60)[1]
            assert process.returncode == 0, error
            live.wait(lambda: live.of("available")[-1:] == ["offline"])
            assert [(one["event"], one["emotion"]) for one in live.of("events")] == [
                ("new", "anger"), ("update", "happy"), ("end", "happy"),
            ]  # fmt: skip
            assert live.of("state")[-1]["people"] == 0
        assert "every face's emotion goes to mqtt://127.0.0.1" in error
        assert "secret" not in error
        with Listener(broker.port, "lab") as live:
            process = started(*watched, "--mqtt", address, "--aggregate-only", "--interval", 2)
            error = process.communicate(timeout=60)[1]
            assert process.returncode == 0, error
            live.wait(lambda: live.of("available")[-1:] == ["offline"])
            assert live.of("events") == []
            # A film is over before the broker has answered; the last state is there in any case.
            assert live.of("state")[-1]["start"] == 2.0
            text = json.dumps(live.heard[len(live.retained) :])
            assert not any(f'"{name}"' in text for name in ("track", "box", "score", "probabilities", "raw", "people"))
