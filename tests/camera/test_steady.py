from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from edgefer.camera.settings import Watching
from edgefer.camera.steady import Steady

HAPPY, SAD = 0, 1


def follow(script, fps, settings, seconds):
    """What is shown, frame by frame, of answers that are `script(time)`: (time, emotion), None while uncertain."""
    steady, shown = None, []
    for index in range(round(seconds * fps) + 1):
        time = index / fps
        if steady is None:
            steady = Steady(settings, script(time), time)
        else:
            steady.update(script(time), time)
        shown.append((time, None if steady.uncertain else steady.label))
    return steady, shown


def changes(shown):
    return [(time, after) for (_, before), (time, after) in itertools.pairwise(shown) if before != after]


def sad_after(second):
    return lambda time: (0.9, 0.1, 0.0) if time < second else (0.1, 0.9, 0.0)


def test_the_time_constant_is_in_seconds_whatever_the_frame_rate():
    results = [follow(sad_after(1), fps, Watching(), 2.0)[0].probabilities[HAPPY] for fps in (10, 60, 240)]
    assert results == pytest.approx([0.1 + 0.8 * math.exp(-1 / 0.5)] * 3, abs=0.04)


@pytest.mark.parametrize("settings", [Watching(), Watching(hold=0.0), Watching(smooth=1.0, lead=0.2, hold=0.5)])
def test_the_same_changes_at_10_and_at_60_frames_a_second(settings):
    def script(time):
        """Happy, sad, a flicker that is too short, weak, happy."""
        if time < 1.05 or 2.5 <= time < 2.62:
            return 0.9, 0.1, 0.0
        if time < 4:
            return 0.1, 0.9, 0.0
        return (0.34, 0.33, 0.33) if time < 7 else (0.8, 0.1, 0.1)

    slow, fast = (changes(follow(script, fps, settings, 10)[1]) for fps in (10, 60))
    assert [label for _, label in slow] == [SAD, None, HAPPY] == [label for _, label in fast]
    for (time, _), (other, _) in zip(slow, fast, strict=True):
        assert abs(time - other) <= 0.1 + 1 / 60


def test_a_flickering_label_is_held():
    rng = np.random.default_rng(1)
    raw = np.clip(0.5 + 0.3 * rng.standard_normal(300), 0, 1)
    steady, shown = follow(lambda time: (raw[round(time * 30)], 1 - raw[round(time * 30)]), 30, Watching(), 9.9)
    flicker = int((np.diff(raw > 0.5) != 0).sum())
    assert flicker > 60
    assert len(changes(shown)) <= 9.9
    assert sum(steady.probabilities) == pytest.approx(1)


def test_another_emotion_must_lead_clearly():
    settings = Watching(hold=0, lead=0.2)
    near, clear = (0.41, 0.59, 0.0), (0.39, 0.61, 0.0)
    assert changes(follow(lambda time: near if time else (0.9, 0.1, 0.0), 30, settings, 5)[1]) == []
    assert [label for _, label in changes(follow(lambda t: clear if t else (0.9, 0.1, 0.0), 30, settings, 5)[1])] == [
        SAD
    ]


def test_it_must_lead_for_a_while():
    def blip(seconds):
        return lambda time: (0.1, 0.9, 0.0) if 1 <= time < 1 + seconds else (0.9, 0.1, 0.0)

    settings = Watching(smooth=0.01, hold=0.3, floor=0)
    assert changes(follow(blip(0.25), 60, settings, 3)[1]) == []
    first, second = changes(follow(blip(0.5), 60, settings, 3)[1])
    assert first == (pytest.approx(1.3, abs=0.03), SAD)
    assert second == (pytest.approx(1.8, abs=0.03), HAPPY)


def test_two_short_leads_are_no_long_one():
    def blips(time):
        return (0.1, 0.9, 0.0) if 1 <= time < 1.2 or 1.5 <= time < 1.7 else (0.9, 0.1, 0.0)

    assert changes(follow(blips, 60, Watching(smooth=0.01, hold=0.3), 3)[1]) == []


def test_sums_of_frame_times_do_not_add_a_frame():
    """0.7 - 0.4 is a little less than 0.3."""
    ((time, _),) = changes(follow(sad_after(0.4), 10, Watching(smooth=0.01, hold=0.3), 2)[1])
    assert time == 0.7


def test_the_first_answer_may_be_uncertain():
    assert Steady(Watching(floor=0.4), (0.39, 0.31, 0.3), 0.0).uncertain
    assert not Steady(Watching(floor=0.4), (0.41, 0.31, 0.28), 0.0).uncertain


def test_below_the_floor_a_face_is_uncertain_and_doubt_ends_a_little_above_it():
    settings = Watching(hold=0, floor=0.5, lead=0.1)

    def last(*answers):
        return follow(lambda time: answers[min(int(time / 5), len(answers) - 1)], 30, settings, 5 * len(answers))[0]

    def strength(p):
        return p, (1 - p) / 2, (1 - p) / 2

    assert last(strength(0.49)).uncertain
    assert not last(strength(0.51)).uncertain
    assert last(strength(0.9), strength(0.49)).uncertain
    assert last(strength(0.9), strength(0.49), strength(0.55)).uncertain
    assert not last(strength(0.9), strength(0.49), strength(0.65)).uncertain
    assert not last(strength(0.9), strength(0.55)).uncertain


def test_doubt_flickers_no_more_than_labels():
    rng = np.random.default_rng(2)
    raw = np.clip(0.42 + 0.15 * rng.standard_normal(300), 0.34, 1)
    _, shown = follow(lambda t: (raw[round(t * 30)], *[(1 - raw[round(t * 30)]) / 2] * 2), 30, Watching(), 9.9)
    assert int((np.diff(raw < 0.4) != 0).sum()) > 60
    assert len(changes(shown)) <= 9.9


def test_no_floor_is_never_uncertain():
    assert not follow(lambda _: (0.34, 0.33, 0.33), 30, Watching(floor=0), 2)[0].uncertain


def test_zero_takes_the_answers_as_they_are():
    steady = Steady(Watching(smooth=0, floor=0.4), (0.9, 0.1, 0.0), 0.0)
    for index, (answer, label, uncertain) in enumerate(
        [((0.49, 0.51, 0.0), SAD, False), ((0.3, 0.32, 0.38), 2, True), ((0.5, 0.3, 0.2), HAPPY, False)]
    ):
        steady.update(answer, (index + 1) / 100)
        assert (steady.label, steady.uncertain, steady.probabilities) == (label, uncertain, list(answer))
