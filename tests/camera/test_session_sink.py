from __future__ import annotations

import time
from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace

import pytest

from edgefer.camera import session_run
from edgefer.camera.marks import MarkKind, send
from edgefer.camera.session_folder import FILE, lives
from edgefer.camera.session_read import read
from edgefer.camera.session_run import About
from edgefer.camera.session_sink import SessionIntervals, SessionSink
from edgefer.card import InputSpec, ModelCard
from edgefer.errors import ArtifactError, SourceError, UsageError
from tests.camera.sessions import LABELS, lines, reading

CARD = ModelCard(name="C", architecture="x", parameters=1, labels=LABELS, input=InputSpec(height=48, width=48))


def about(card=CARD, **changes):
    network = SimpleNamespace(card=card, arithmetic="fp32", backend="onnxruntime cpu")
    return About("rtsp://anna:secret@host/live", network, {"smooth": 0.5}, **changes)


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "sessions" / "anna"


@pytest.fixture(autouse=True)
def looks_at_every_frame(monkeypatch):
    monkeypatch.setattr(session_run, "LOOK", 0.0)


def of(kind, path):
    return [line for line in lines(path) if line["kind"] == kind]


def watch(sink, seconds, *faces, **how):
    for second in seconds:
        assert sink.take(reading(second, *faces, **how))


def test_the_file_tells_who_was_there_and_nothing_of_the_picture(folder):
    sink = SessionSink(folder, about())
    assert sink.files == ()
    assert not folder.exists(), "nothing is made before the first frame"
    sink.take(reading(0.0, (1, "happy")))
    sink.close()
    assert sink.files == (folder / FILE,)
    first, sample, end = lines(folder / FILE)
    assert {"kind", "schema", "name", "model", "source", "settings", "rate", "started"} <= first.keys()
    assert (first["schema"], first["name"], first["live"]) == (1, "anna", False)
    assert first["source"] == "rtsp://anna:***@host/live"
    assert first["model"]["name"] == "C"
    assert len(first["model"]["sha256"]) == 64
    assert first["model"]["labels"] == list(LABELS)
    assert datetime.fromisoformat(first["started"]).tzinfo is not None
    assert sample == {
        "kind": "sample",
        "time": 0.0,
        "people": [
            {"track": 1, "seen": True, "emotion": "happy", "uncertain": False, "probabilities": [0.1, 0.7, 0.1, 0.1]}
        ],
    }
    assert end == {"kind": "end", "time": 0.0, "why": ""}
    assert "box" not in (folder / FILE).read_text()
    assert [path.name for path in folder.iterdir()] == [FILE]
    assert sink.pictures == 0


def test_a_line_is_there_when_take_returns(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, (1, "happy")))
    assert len(lines(folder / FILE)) == 2
    sink.close()


@pytest.mark.parametrize(("fps", "rate", "count"), [(60, 10, 10), (25, 10, 10), (30, 10, 10), (5, 10, 5), (30, 1, 1)])
def test_samples_come_at_most_so_often(folder, fps, rate, count):
    sink = SessionSink(folder, about(rate=rate, fps=fps))
    watch(sink, [index / fps for index in range(10 * fps)])
    sink.close()
    assert len(of("sample", folder / FILE)) == pytest.approx(10 * count, abs=1)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1001])
def test_a_rate_out_of_range(rate):
    with pytest.raises(UsageError, match="session rate"):
        about(rate=rate)


def test_an_hour_of_one_person_takes_less_than_seven_megabytes(folder):
    sink = SessionSink(folder, about(rate=10))
    watch(sink, [index / 30 for index in range(3000)], (1, "happy"))
    sink.close()
    seven = 1 + 3 * 6 / len((folder / FILE).read_bytes().splitlines()[1])  # three more labels than these four
    assert (folder / FILE).stat().st_size * 36 * seven < 7e6


def test_uncertain_people_and_those_out_of_sight(folder):
    sink = SessionSink(folder, about(patience=1.5, rate=1))
    doubtful = reading(0.0, (1, "happy"), (2, "sad"))
    sink.take(replace(doubtful, faces=(doubtful.faces[0], replace(doubtful.faces[1], uncertain=True))))
    watch(sink, [1.0, 2.0], (1, "happy"))
    sink.close()
    samples = of("sample", folder / FILE)
    assert [(one["emotion"], one["uncertain"]) for one in samples[0]["people"]] == [
        ("happy", False),
        ("uncertain", True),
    ]
    assert samples[1]["people"][1] == {"track": 2, "seen": False}
    assert [one["track"] for one in samples[2]["people"]] == [1], "given up"


def test_the_first_frame_is_written_also_when_its_time_is_not_zero(folder):
    sink = SessionSink(folder, about())
    watch(sink, [3.0, 3.1], (1, "happy"))
    sink.close()
    assert [line["time"] for line in of("sample", folder / FILE)] == [3.0, 3.1]


def test_a_time_without_frames_is_told(folder):
    sink = SessionSink(folder, about(fps=10))
    watch(sink, [0.0, 0.1, 0.9, 5.0, 5.1], (1, "happy"))
    sink.close()
    assert of("gap", folder / FILE) == [{"kind": "gap", "time": 0.9, "why": "no picture"}]
    assert [line["time"] for line in of("sample", folder / FILE)] == [0.0, 0.1, 0.9, 5.0, 5.1]


def test_a_slow_source_is_not_full_of_gaps(folder):
    sink = SessionSink(folder, about(fps=0.5))
    watch(sink, [0.0, 2.0, 4.0, 20.0])
    sink.close()
    assert [line["time"] for line in of("gap", folder / FILE)] == [4.0]


def test_marks_of_a_live_session_have_the_time_of_the_command(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, live=True))
    send(folder, "task 1 starts")
    time.sleep(0.3)
    send(folder, "sighs", MarkKind.NOTE)
    sink.take(reading(0.4, live=True))
    sink.close()
    first, second = of("mark", folder / FILE)
    assert (first["text"], first["does"], second["text"], second["does"]) == ("task 1 starts", "task", "sighs", "note")
    assert first["time"] < 0.2
    assert second["time"] - first["time"] == pytest.approx(0.3, abs=0.1)
    assert lines(folder / FILE).index(first) < len(lines(folder / FILE)) - 1


def test_marks_set_while_no_frame_came_are_not_moved(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, live=True))
    time.sleep(0.1)
    send(folder, "lost")
    time.sleep(0.2)
    sink.take(reading(5.0, live=True))  # a source whose clock jumps when it comes back
    sink.close()
    assert of("mark", folder / FILE)[0]["time"] == pytest.approx(0.1, abs=0.09)


def test_marks_of_a_film_have_the_position_that_was_read(folder):
    sink = SessionSink(folder, about())
    watch(sink, [0.0, 10.0, 20.0])
    send(folder, "task 1")
    time.sleep(0.01)
    watch(sink, [30.0, 40.0])
    sink.close()
    assert of("mark", folder / FILE)[0]["time"] == 20.0


def test_a_mark_after_the_last_frame_is_not_lost(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, live=True))
    send(folder, "task 1")
    sink.close()
    assert [line["kind"] for line in lines(folder / FILE)] == ["session", "sample", "mark", "end"]


def test_a_paused_session_writes_nothing_but_marks(folder):
    sink = SessionSink(folder, about(fps=10))
    watch(sink, [0.0, 0.1], (1, "happy"))
    sink.marks.key(ord("p"))
    watch(sink, [0.2, 0.3, 5.0], (1, "happy"))
    sink.marks.key(ord("1"))
    watch(sink, [5.1], (1, "happy"))
    sink.marks.key(ord("p"))
    watch(sink, [5.2, 5.3], (1, "happy"))
    sink.close()
    assert [line["time"] for line in of("sample", folder / FILE)] == [0.0, 0.1, 5.2, 5.3]
    assert of("gap", folder / FILE) == [{"kind": "gap", "time": 0.1, "why": "paused"}]
    assert [line["text"] for line in of("mark", folder / FILE)] == ["task 1"]


def test_an_existing_session_is_refused_at_once(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0))
    sink.close()
    before = (folder / FILE).read_bytes()
    with pytest.raises(UsageError, match="--session-continue"):
        SessionSink(folder, about())
    assert (folder / FILE).read_bytes() == before


def test_one_that_never_had_a_frame_is_not_in_the_way(folder):
    folder.mkdir(parents=True)
    (folder / FILE).touch()
    sink = SessionSink(folder, about())
    sink.take(reading(0.0))
    sink.close()
    assert len(lines(folder / FILE)) == 3


def test_a_continued_live_session_goes_on_by_the_clock_with_new_people(folder, monkeypatch):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, (1, "happy"), (2, "sad"), live=True))
    sink.take(reading(0.5, (2, "sad"), live=True))
    send(folder, "task 1")
    sink.close()
    with (folder / FILE).open("a") as handle:
        handle.write('{"kind":"sam' + " " * 9999)  # as if it had been killed
    wall = time.time()
    monkeypatch.setattr(time, "time", lambda: wall + 100)
    again = SessionSink(folder, about(), goes_on=True)
    again.take(reading(0.0, (1, "happy"), live=True))
    again.take(reading(0.2, (1, "happy"), live=True))
    again.close()
    record = read(folder / FILE)
    assert [run.name for run in record.runs] == ["anna", "anna"]
    assert record.runs[0].started == record.runs[1].started
    assert record.runs[1].time == pytest.approx(100, abs=1)
    assert record.samples[-1].time - record.samples[-2].time == pytest.approx(0.2)
    assert [one.track for line in record.samples for one in line.people] == [1, 2, 2, 3, 3]
    assert [mark.text for mark in record.marks] == ["task 1"]
    assert (folder / FILE).read_text().endswith("}\n")


def test_a_continued_session_takes_what_the_killed_run_was_given(folder):
    sink = SessionSink(folder, about())
    before = time.monotonic()
    sink.take(reading(0.0, live=True))
    time.sleep(0.05)
    send(folder, "task 1")
    passed = time.monotonic() - before
    send(folder, "paused", MarkKind.PAUSE)
    sink._run._file.close()  # killed before it looked
    again = SessionSink(folder, about(), goes_on=True)
    again.take(reading(0.0, (1, "happy"), live=True))
    again.close()
    assert [line["kind"] for line in lines(folder / FILE)] == ["session", "sample", "mark", "session", "sample", "end"]
    assert of("mark", folder / FILE)[0]["time"] == pytest.approx(passed, abs=passed - 0.04)


def test_a_continued_film_goes_on_where_the_last_one_ended(folder):
    for goes_on in (False, True):
        sink = SessionSink(folder, about(), goes_on)
        watch(sink, [0.0, 0.1, 0.2])
        sink.close()
    assert [line["time"] for line in of("sample", folder / FILE)] == [0.0, 0.1, 0.2, 0.2, 0.3, 0.4]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"card": CARD.but(name="S")}, "another model, C"),
        ({"live": True}, "is of a film"),
        ({"aggregate": True}, "is not of a run with --aggregate-only"),
    ],
)
def test_what_does_not_belong_together_is_not_continued(folder, change, says):
    sink = SessionSink(folder, about())
    watch(sink, [0.0])
    sink.close()
    before = (folder / FILE).read_bytes()
    other = about(change.get("card", CARD))
    again = SessionIntervals(folder, other, 5.0, True) if "aggregate" in change else SessionSink(folder, other, True)
    with pytest.raises(UsageError, match=says):
        again.take(reading(0.0, live=change.get("live", False)))
    again.close()
    assert (folder / FILE).read_bytes() == before


def test_a_session_has_one_writer(folder):
    sink = SessionSink(folder, about())
    assert not lives(folder)
    sink.take(reading(0.0))
    assert lives(folder)
    second = SessionSink(folder, about(), goes_on=True)
    with pytest.raises(ArtifactError, match="written by another run"):
        second.take(reading(0.0))
    second.close()
    sink.close()
    assert not lives(folder)
    assert len(lines(folder / FILE)) == 3


def test_the_end_tells_why(folder):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0))
    with pytest.raises(SourceError):
        try:
            raise SourceError("rtsp://anna:secret@host/live has given no frame for 5 s", "check its cable")
        finally:
            sink.close()
    assert lines(folder / FILE)[-1]["why"] == "rtsp://anna:***@host/live has given no frame for 5 s"


def test_a_full_disk_leaves_whole_lines(folder, monkeypatch):
    sink = SessionSink(folder, about())
    sink.take(reading(0.0, (1, "happy")))
    real = session_run.SessionFile.write.__globals__["os"].write
    room = [30]

    def write(descriptor, data):
        if not room[0]:
            raise OSError(28, "No space left on device")
        done = real(descriptor, data[: room[0]])
        room[0] -= done
        return done

    monkeypatch.setattr("edgefer.camera.session_file.os.write", write)
    with pytest.raises(ArtifactError, match=r"cannot write .*No space left"):
        sink.take(reading(1.0, (1, "happy")))
    sink.close()
    assert (folder / FILE).read_text().endswith("}\n")
    assert [line["kind"] for line in lines(folder / FILE)] == ["session", "sample"]
    assert read(folder / FILE).cut_off


def test_without_a_frame_nothing_is_made(folder):
    sink = SessionSink(folder, about())
    sink.close()
    assert not folder.exists()


def test_aggregated_sessions_hold_nobody(folder):
    sink = SessionIntervals(folder, about(fps=10), 1.0)
    watch(sink, [index / 10 for index in range(15)], (1, "happy"), (2, "sad"))
    sink.marks.key(ord("1"))
    watch(sink, [index / 10 for index in range(15, 21)], (1, "happy"), (2, "sad"))
    sink.close()
    text = (folder / FILE).read_text()
    assert "track" not in text
    assert "people" not in text
    assert lines(folder / FILE)[0]["aggregate"]
    assert of("interval", folder / FILE) == [
        {"kind": "interval", "time": 0.0, "seconds": 1.0, "frames": 10, "faces": 20, "most": 2, "uncertain": 0.0,
         "emotions": {"anger": 0.0, "happy": 0.5, "sad": 0.5, "neutral": 0.0}},
        {"kind": "interval", "time": 1.0, "seconds": 1.0, "frames": 10, "faces": 20, "most": 2, "uncertain": 0.0,
         "emotions": {"anger": 0.0, "happy": 0.5, "sad": 0.5, "neutral": 0.0}},
    ]  # fmt: skip
    assert of("mark", folder / FILE)[0]["text"] == "task 1"
    assert len(read(folder / FILE).intervals) == 2, "a single frame has no length"


@pytest.mark.parametrize("end", [2.1, 2.9])
def test_the_last_interval_has_its_true_length(folder, end):
    sink = SessionIntervals(folder, about(fps=10), 1.0)
    watch(sink, [index / 10 for index in range(round(10 * end) + 1)], (1, "happy"))
    sink.close()
    last = read(folder / FILE).intervals[-1]
    assert (last.time, last.seconds) == (2.0, pytest.approx(end - 2, abs=1e-3))
    assert last.frames == round(10 * (end - 2)) + 1


@pytest.mark.parametrize("live", [False, True])
def test_marks_are_placed_for_those_who_show_the_run(folder, live):
    sink = SessionSink(folder, about())
    watch(sink, [3.0, 3.5], (1, "happy"), live=live)
    sink.marks.key(ord("1"))
    sink.marks.key(ord("p"))
    watch(sink, [3.6], (1, "happy"), live=live)
    sink.close()
    again = SessionSink(folder, about(), goes_on=True)
    watch(again, [0.0], (1, "happy"), live=live)
    again.marks.key(ord("m"))
    watch(again, [0.1], (1, "happy"), live=live)
    again.close()
    before, after = sink.marks.placed, again.marks.placed
    assert [(mark.text, mark.kind.value) for mark in before] == [("task 1", "task"), ("paused", "pause")]
    assert [mark.text for mark in after] == ["moment"], "those of the run before are not of this one's time"
    assert all(mark.time == pytest.approx(3.5, abs=0.5) for mark in before)
    assert after[0].time == pytest.approx(0.05, abs=0.5), "as Frame.time, not as the seconds of the session"


def test_gaps_and_pauses_end_an_interval(folder):
    sink = SessionIntervals(folder, about(fps=10), 10.0)
    watch(sink, [0.0, 0.9, 5.0, 5.8, 6.0], (1, "happy"))
    sink.marks.key(ord("p"))
    watch(sink, [6.2, 6.5], (1, "happy"))
    sink.marks.key(ord("p"))
    watch(sink, [7.0, 7.9, 8.5], (1, "happy"))
    sink.close()
    shown = [(line["kind"], line["time"], line.get("seconds", line.get("why"))) for line in lines(folder / FILE)[1:]]
    assert shown == [
        ("gap", 0.9, "no picture"), ("interval", 5.0, 1.0), ("gap", 6.0, "paused"), ("interval", 7.0, 1.5), ("end", 8.5, ""),
    ]  # fmt: skip
