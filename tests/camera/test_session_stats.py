"""Statistics of sessions, worked by hand."""

from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.session_compare import BLOCK, blocks, compare, difference, time_in
from edgefer.camera.session_read import read
from edgefer.camera.session_stats import (
    Stretch,
    certainty,
    present,
    spent,
    stretches,
    transitions,
)
from edgefer.camera.session_valleys import steadied, strain, valleys
from edgefer.camera.session_view import BEFORE, BETWEEN, as_one, task_name, tasks, view
from edgefer.errors import DataError
from tests.camera.sessions import LABELS, end, gap, header, mark, person, sample, unseen, write

ANGER, HAPPY, SAD, NEUTRAL = range(4)
ALL = [(0.0, 1e9)]


@pytest.fixture
def seen(tmp_path):
    def make(*lines):
        return view(read(write(tmp_path / "anna", *lines)))

    return make


def by_second(*emotions, start=0.0, track=1):
    """One sample a second of somebody; None for nobody there."""
    return [
        sample(start + second, *([] if name is None else [person(track, name)])) for second, name in enumerate(emotions)
    ]


def test_a_sample_stands_until_the_next_and_the_last_for_what_is_left(seen):
    found = seen(
        sample(0.0, person(1, "happy")), sample(2.0, person(1, "sad")), sample(3.0, person(1, "sad")), end(3.5)
    )
    time = spent(found.people, found.watched, ALL, 4)
    assert time.emotions.tolist() == [0, 2.0, 1.5, 0]
    assert (time.watched, time.seen, time.uncertain) == (3.5, 3.5, 0)
    assert time.shares.tolist() == pytest.approx([0, 2 / 3.5, 1.5 / 3.5, 0])
    assert time.confidence == pytest.approx(0.7)


def test_nothing_is_known_in_a_gap(seen):
    found = seen(*by_second("happy", "happy"), gap(1.5, "paused"), *by_second("sad", "sad", start=60.0), end(61.0))
    time = spent(found.people, found.watched, ALL, 4)
    assert time.emotions.tolist() == [0, 1.5, 1.0, 0]
    assert time.watched == 2.5
    assert found.end == 61.0


def test_a_run_that_was_killed_and_continued(seen):
    found = seen(
        header(), *by_second("happy", "happy"), header(time=100.0), *by_second("sad", "sad", start=100.0, track=2), end(101.0)
    )  # fmt: skip
    assert spent(found.people, found.watched, ALL, 4).emotions.tolist() == [0, 1.0, 1.0, 0]


def test_unseen_uncertain_and_several_people(seen):
    found = seen(
        sample(0.0, person(1, "happy"), person(2, "uncertain")),
        sample(1.0, person(1, "happy"), unseen(2)),
        sample(2.0, unseen(1)),
        sample(3.0, person(2, "sad")),
        end(4.0),
    )
    both = spent(found.people, found.watched, ALL, 4)
    assert (both.seen, both.uncertain, both.watched) == (4.0, 1.0, 4.0)
    assert both.emotions.tolist() == [0, 2.0, 1.0, 0]
    assert both.confidence == pytest.approx((0.7 + 0.7 + 0.25 + 0.7) / 4)
    second = spent(found.people[1:], found.watched, ALL, 4)
    assert (second.seen, second.uncertain) == (2.0, 1.0)
    assert present(found.people, found.watched, ALL) == 3.0
    assert present((), found.watched, ALL) == 0.0
    assert found.people[0].span == (0.0, 2.0)


def test_nobody_was_there(seen):
    found = seen(*by_second(None, None, None))
    time = spent(found.people, found.watched, ALL, 4)
    assert (time.seen, time.watched) == (0, 2.0)
    assert np.isnan(time.confidence)
    assert time.shares.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("task 2 starts", "task 2"), ("task 2", "task 2"), ("Start of checkout", "checkout"), ("start checkout", "checkout"),
        ("task 2 begins", "task 2"), ("beginning of task 2", "task 2"), ("task 2 ends", BETWEEN), ("task ends", BETWEEN),
        ("end of task 2", BETWEEN), ("task 2: done", BETWEEN), ("stop", BETWEEN), ("starters", "starters"),
        ("weekend trip", "weekend trip"), ("restart", "restart"),
    ],
)  # fmt: skip
def test_what_a_mark_begins(text, name):
    assert task_name(text) == name


def test_tasks_between_marks(seen):
    found = seen(
        *by_second(*["happy"] * 20), mark(2.5, "task 1 starts"), mark(3.0, "laughs", "note"), mark(5.0, "task 1 ends"),
        mark(7.0, "task 2 starts"), mark(9.0, "task 1"), end(20.0),
    )  # fmt: skip
    assert [(task.name, task.spans) for task in found.tasks] == [
        (BEFORE, ((0.0, 2.5),)),
        ("task 1", ((2.5, 5.0), (9.0, 20.0))),
        (BETWEEN, ((5.0, 7.0),)),
        ("task 2", ((7.0, 9.0),)),
    ]
    # A sample that lies over a mark belongs to both sides in part.
    assert spent(found.people, found.watched, found.tasks[0].spans, 4).seen == 2.5
    assert spent(found.people, found.watched, found.tasks[1].spans, 4).seen == 13.5
    assert tasks((), 20.0) == ()


def test_transitions_bridge_doubt_but_not_absence(seen):
    found = seen(
        *by_second("happy", "sad", "uncertain", "happy", "happy", None, "sad", None, None, None, "anger"), end(11.0)
    )
    counts = transitions(found.people[0], 4)
    assert counts[HAPPY, SAD] == 2  # also over one second out of sight
    assert counts[SAD, HAPPY] == 1
    assert counts.sum() == 3, "after three seconds out of sight nobody knows"


def test_stretches(seen):
    found = seen(*by_second("happy", "happy", "uncertain", None, "happy"), end(5.0))
    assert stretches(found.people[0]) == [Stretch(0, 2, HAPPY), Stretch(2, 3, -1), Stretch(4, 5, HAPPY)]


def test_certainty_by_the_strongest_probability(seen):
    found = seen(
        sample(0.0, person(1, "uncertain")), sample(1.0, person(1, "happy", 0.4)), sample(2.0, person(1, "happy", 0.7)),
        sample(4.0, person(1, "happy", 0.9)), end(5.0),
    )  # fmt: skip
    assert certainty(found.people[0]).tolist() == pytest.approx([0.2, 0.2, 0.4, 0.2])


def test_one_person_who_was_lost_and_found(seen):
    found = seen(
        *by_second("happy", "happy"), sample(2.0, person(2, "sad"), person(1, "happy")), *by_second("sad", start=3.0, track=3),
        end(4.0),
    )  # fmt: skip
    (one,) = as_one(found.people)
    assert one.times.start.tolist() == [0, 1, 2, 3]
    assert one.shown.tolist() == [HAPPY, HAPPY, HAPPY, SAD], "of two at once, the one who was there for longer"
    assert one.number == 1
    assert as_one(()) == ()


def test_strain_is_what_is_negative_or_surprised():
    labels = ("anger", "happy", "surprise", "neutral", "contempt")
    assert strain(np.array([[0.1, 0.2, 0.3, 0.2, 0.2]]), labels).tolist() == pytest.approx([0.6])


def test_averages_over_time_on_each_side(seen):
    found = seen(*by_second("happy", "sad", "happy", "happy", None, "sad"), end(6.0))
    values = np.array([0.0, 3.0, 0.0, 0.0, 9.0])
    # A second on each side, and nothing from beyond the time out of sight.
    assert steadied(found.people[0], values).tolist() == pytest.approx([1.5, 1.0, 1.0, 0.0, 9.0])
    found = seen(sample(0.0, person(1)), sample(0.5, person(1)), sample(1.0), sample(1.5, person(1)), end(2.0))
    assert steadied(found.people[0], np.array([0.0, 3.0, 9.0])).tolist() == pytest.approx([1.5, 1.5, 9.0])


def test_valleys_stand_out_from_what_is_usual_for_the_person(seen):
    calm, low = ["neutral"] * 30, ["sad"] * 5
    found = seen(*by_second(*calm, *low, *calm, "anger", *calm), end(96.0))
    (first,) = [valley for valley in valleys(found.people[0], LABELS) if valley.emotion == "sad"]
    # Averaged over a second on each side, the second before rises by 0.2 and the first one by 0.4.
    assert (first.start, first.end) == (30.0, 35.0)
    assert 31.0 <= first.peak <= 34.0
    assert first.rise == pytest.approx(0.6)  # strain is 0.2 while neutral, 0.8 while sad
    assert first.certain == 1.0
    assert first.person == 1


def test_who_always_looks_sad_has_no_valley(seen):
    found = seen(*by_second(*["sad"] * 60), end(60.0))
    assert valleys(found.people[0], LABELS) == []


def test_a_moment_is_no_valley(seen):
    lines = [sample(index / 10, person(1, "anger" if index in (100, 101) else "neutral")) for index in range(300)]
    assert valleys(seen(*lines).people[0], LABELS) == []


def test_what_rises_high_enough_for_half_a_second_is_no_valley(seen):
    """24 points for ten seconds, with a spike that is taken back half a second later."""
    lines = []
    for index in range(600):
        sad = 0.8 if index == 350 else 0.08 if index == 355 else 0.44 if 300 <= index < 400 else 0.2
        lines.append(sample(index / 10, person(1) | {"probabilities": [0.0, 0.0, sad, 1 - sad]}))
    found = seen(*lines).people[0]
    curve = steadied(found, strain(found.probabilities, LABELS))
    assert 0.0 < (curve > 0.45).sum() / 10 < 1.0
    assert valleys(found, LABELS) == []


def test_the_deepest_ten_valleys_in_order_of_time(seen):
    emotions = []
    for number in range(13):
        emotions += ["neutral"] * 20 + ["sad"] * (3 + number % 3)
    found = valleys(seen(*by_second(*emotions)).people[0], LABELS)
    assert len(found) == 10
    assert [valley.start for valley in found] == sorted(valley.start for valley in found)


def pair(tmp_path, first, second):
    return [view(read(write(tmp_path / name, *lines))) for name, lines in (("a", first), ("b", second))]


def test_blocks_are_pieces_of_time(seen):
    found = seen(*by_second(*["happy"] * 5, *["sad"] * 3, *[None] * 7, "anger"), end(16.0))
    assert blocks(found, [(0.0, 16.0)]).tolist() == [[0, 5, 0, 0], [0, 0, 3, 0], [1, 0, 0, 0]]
    assert blocks(found, [(4.0, 9.0)]).tolist() == [[0, 1, 3, 0]]
    assert blocks(found, [(0.0, 2.5), (7.5, 8.0)]).tolist() == [[0, 2.5, 0, 0], [0, 0, 0.5, 0]]
    assert blocks(found, []).shape == (0, 4)
    assert BLOCK == 5.0


def test_two_sessions_task_by_task(tmp_path):
    first = [
        *by_second(*["happy"] * 40, *["sad"] * 40),
        mark(0.0, "task 1 starts"),
        mark(40.0, "task 2 starts"),
        end(80.0),
    ]
    second = [*by_second(*["sad"] * 40), mark(0.0, "task 1"), mark(40.0, "task 3"), end(60.0)]
    found = compare(*pair(tmp_path, first, second))
    assert [task.name for task in found.tasks] == ["whole session", "task 1"]
    assert (found.only_first, found.only_second) == (("task 2",), ("task 3",))
    whole, task = found.tasks
    sad = {one.emotion: one for one in whole.differences}["sad"]
    assert (sad.first, sad.second, sad.value) == (0.5, 1.0, 0.5)
    assert 0.1 < sad.interval.low < 0.5 < sad.interval.high < 0.9
    happy = {one.emotion: one for one in task.differences}["happy"]
    assert (happy.value, happy.interval.low, happy.interval.high) == (-1.0, -1.0, -1.0)
    assert task.blocks == (8, 8)
    assert {one.emotion for one in whole.differences if one.interval} == {"happy", "sad"}, "others were never shown"
    assert found.intervals == 4


def test_a_short_task_has_no_interval(tmp_path):
    lines = [*by_second(*["happy"] * 12), end(12.0)]
    (whole,) = compare(*pair(tmp_path, lines, lines)).tasks
    assert whole.blocks == (3, 3)
    assert {one.interval for one in whole.differences} == {None}


def test_an_interval_is_as_wide_as_what_varies():
    """Two blocks, all happy and all sad: of each draw of two the share is 0, 1/2 or 1, one in four each at the ends."""
    mixed, happy = np.array([[5.0, 0.0], [0.0, 5.0]]), np.array([[5.0, 0.0]] * 2)
    values, intervals = difference(happy, mixed)
    assert values.tolist() == [-0.5, 0.5]
    assert [(one.low, one.high) for one in intervals] == [(-1.0, 0.0), (0.0, 1.0)]
    assert difference(happy, mixed)[1] == intervals, "the draw is seeded"


def test_other_orders_of_labels_are_compared_by_name_and_other_labels_not_at_all(tmp_path):
    turned = header()["model"] | {"labels": ["sad", "neutral", "anger", "happy"]}
    lines = [sample(float(second), person(1, "happy", labels=turned["labels"])) for second in range(40)]
    first, second = pair(tmp_path, [*by_second(*["happy"] * 40)], [header(model=turned), *lines])
    assert {one.emotion: one.value for one in compare(first, second).tasks[0].differences}["happy"] == 0
    fewer = header()["model"] | {"labels": ["sad", "happy"]}
    other = view(read(write(tmp_path / "c", header(model=fewer))))
    with pytest.raises(DataError, match="other emotions"):
        compare(first, other)


def test_aggregated_intervals(seen):
    shares = {"anger": 0.0, "happy": 0.5, "sad": 0.25, "neutral": 0.0}
    found = seen(
        header(aggregate=True),
        {"kind": "interval", "time": 0.0, "seconds": 5.0, "frames": 50, "faces": 100, "most": 3, "uncertain": 0.25,
         "emotions": shares},
        {"kind": "interval", "time": 5.0, "seconds": 5.0, "frames": 50, "faces": 0, "most": 0, "uncertain": 0.0,
         "emotions": dict.fromkeys(shares, 0.0)},
        mark(2.5, "task 1"),
        end(10.0),
    )  # fmt: skip
    time = time_in(found, [(0.0, 10.0)])
    assert (time.watched, time.seen, time.uncertain) == (10.0, 10.0, 2.5)  # two faces at a time for five seconds
    assert time.emotions.tolist() == [0, 5.0, 2.5, 0]
    assert time_in(found, found.tasks[1].spans).seen == 5.0
    assert found.people == ()
    assert blocks(found, [(2.5, 9.0)]).tolist() == [[0, 2.5, 1.25, 0]]


def test_who_struggles_for_most_of_the_time_has_valleys(seen):
    found = seen(*by_second(*["neutral"] * 20, *["anger"] * 40), end(60.0))
    assert [valley.emotion for valley in valleys(found.people[0], LABELS)] == ["anger"]
