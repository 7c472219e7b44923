from __future__ import annotations

import json
import os
import random
import signal
import time

import pytest

from edgefer.camera import session_folder
from edgefer.camera.marks import send
from edgefer.camera.session_folder import FILE, file_of, folder_of, living, suggestion
from edgefer.camera.session_read import read
from edgefer.camera.session_sink import SessionSink
from edgefer.errors import ArtifactError, UsageError
from tests.camera.sessions import end, gap, header, lines, mark, person, reading, sample, unseen, write
from tests.camera.test_session_sink import about


def test_all_kinds_of_lines(tmp_path):
    path = write(
        tmp_path / "anna",
        sample(0.0, person(1, "happy"), unseen(2)),
        mark(0.5, "task 1"),
        mark(0.4, "sighs", "note"),
        gap(0.6),
        sample(3.0),
        end(3.1, "unplugged"),
    )
    record = read(path)
    assert record.header.name == "anna"
    assert record.samples[0].people[0].emotion == "happy"
    assert not record.samples[0].people[1].seen
    assert [(line.time, line.text) for line in record.marks] == [(0.4, "sighs"), (0.5, "task 1")]
    assert (record.gaps[0].why, record.ends[0].why, record.last) == ("no picture", "unplugged", 3.1)
    assert not record.cut_off
    assert not record.lives


def test_wherever_a_file_is_cut_its_whole_lines_are_read(tmp_path):
    path = write(
        tmp_path / "anna", sample(0.0, person(1, "happy")), mark(0.05, "task 1"), sample(0.1, person(1, "sad"))
    )
    data = path.read_bytes()
    first = data.index(b"\n") + 1
    for size in range(first, len(data), 3):
        path.write_bytes(data[:size])
        record = read(path)
        whole = data[:size].count(b"\n") - 1
        assert len(record.samples) + len(record.marks) == whole
        assert record.cut_off
    for size in (0, 1, first - 1):
        path.write_bytes(data[:size])
        with pytest.raises(ArtifactError, match="holds nothing"):
            read(path)


def test_zeros_after_a_power_cut(tmp_path):
    path = write(tmp_path / "anna", sample(0.0, person(1)))
    path.write_bytes(path.read_bytes() + b'{"kind":"samp' + b"\0" * 4096)
    assert len(read(path).samples) == 1
    path.write_bytes(b"\0" * 4096)
    with pytest.raises(ArtifactError, match="holds nothing"):
        read(path)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_kill_9_at_any_moment_leaves_a_file_that_is_read_up_to_its_last_whole_line(tmp_path):
    moments = random.Random(7)
    for trial in range(25):
        folder = tmp_path / str(trial)
        child = os.fork()
        if child == 0:
            try:
                sink, second = SessionSink(folder, about(rate=1000)), 0.0
                while True:
                    sink.take(reading(second, (1, "happy"), (2, "sad")))
                    second += 0.001
            finally:
                os._exit(1)
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and not ((folder / FILE).is_file() and (folder / FILE).stat().st_size):
            time.sleep(0.0005)
        time.sleep(moments.random() * 0.03)
        if trial % 5 == 0:
            send(folder, "task 1")
        os.kill(child, signal.SIGKILL)
        assert os.WIFSIGNALED(os.waitpid(child, 0)[1])
        data = (folder / FILE).read_bytes()
        record = read(folder / FILE)
        assert len(record.samples) + len(record.taken) + 1 == data.count(b"\n")
        assert [mark.text for mark in record.marks] == ["task 1"] * (trial % 5 == 0)
        assert record.cut_off
        assert not record.lives


def test_marks_that_a_killed_run_was_given_have_their_time(tmp_path):
    path = write(tmp_path / "anna", header(started="2027-01-15T08:00:00.000+00:00"), sample(0.0), sample(500.0))
    spool = {"wall": 1_800_000_000.0 + 42.5, "text": "task 2", "kind": "task", "id": "x"}
    (path.parent / "marks.jsonl").write_text(
        json.dumps(spool) + "\n" + json.dumps(spool | {"kind": "pause", "id": "y"}) + "\n"
    )
    assert [(line.time, line.text) for line in read(path).marks] == [(42.5, "task 2")]
    write(tmp_path / "anna", *lines(path), {"kind": "mark", "time": 42.0, "does": "task", "text": "task 2", "id": "x"})
    assert [(line.time, line.text) for line in read(path).marks] == [(42.0, "task 2")], "counted once"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("hello\n", "is no session"),
        ('{"frame":0,"time":0,"faces":[]}\n', "is no session"),
        ("[1]\n", "is no session"),
        ("time,emotion\n1,2\n", "is no session"),
        ("\x89PNG no line", "is no session"),
        ("", "holds nothing"),
        ('{"kind":"session"}\n', "line 1 of .* is damaged"),
        (json.dumps(header(schema=2)) + "\n", r"newer edgefer \(schema 2\)"),
        (json.dumps(header(started="2027-01-15T08:00:00")) + "\n", "line 1 of .* is damaged"),
        (json.dumps(sample(0.0)) + "\n", "is no session"),
    ],
)
def test_another_file_is_one_line(tmp_path, text, says):
    path = tmp_path / FILE
    path.write_text(text, encoding="latin-1")
    with pytest.raises(ArtifactError, match=says) as error:
        read(path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "",
        json.dumps(sample(1.0) | {"kind": "other"}),
        json.dumps(sample(1.0) | {"time": -1}),
        json.dumps(sample(1.0, person(1) | {"probabilities": [0.5, 0.5]})),
        json.dumps(sample(1.0, person(1) | {"probabilities": [0.5, 0.5, 0.5, 1.5]})),
        json.dumps(sample(1.0, person(1) | {"emotion": "joy"})),
        json.dumps(sample(1.0, person(0))),
        json.dumps(header(model=header()["model"] | {"labels": ["a", "b"]})),
        '{"kind":"sample","time":NaN,"people":[]}',
    ],
)
def test_a_damaged_line_is_named(tmp_path, line):
    path = write(tmp_path / "anna", sample(0.0, person(1)))
    with path.open("a") as handle:
        handle.write(line + "\n" + json.dumps(sample(2.0)) + "\n")
    with pytest.raises(ArtifactError, match=r"line 3 of .* is damaged"):
        read(path)


def test_times_do_not_fall(tmp_path):
    path = write(tmp_path / "anna", sample(1.0), sample(0.9))
    with pytest.raises(ArtifactError, match=r"line 3 of .* before that of line 2"):
        read(path)


def test_a_place_that_cannot_be_read(tmp_path):
    with pytest.raises(ArtifactError, match="cannot read"):
        read(tmp_path / "gone")


def test_where_a_session_is(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(folder_of("anna-2")) == "sessions/anna-2"
    assert str(folder_of("P 03")) == "sessions/P 03"
    assert str(folder_of("./x/anna")) == "x/anna"
    path = write(tmp_path / "sessions" / "anna")
    write(tmp_path / "elsewhere" / "bob")
    assert file_of("anna").resolve() == path
    assert file_of("sessions/anna").resolve() == path
    assert file_of("sessions/anna/session.jsonl").resolve() == path
    assert file_of("elsewhere/bob") is not None
    assert file_of("bob") is None
    assert suggestion("ana") == "did you mean 'anna'?"
    assert suggestion("zzz") == "known sessions: anna"


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "-x", "a\nb", "a  b", "x" * 101, "a:b"])
def test_names_that_are_no_folder(name):
    with pytest.raises(UsageError, match="is no name for a session"):
        folder_of(name)


def test_the_newest_living_session_comes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert living() == []
    sinks = []
    for number, name in enumerate(("b", "a", "c")):
        sinks.append(SessionSink(folder_of(name), about()))
        wall = 1_800_000_000.0 + number
        monkeypatch.setattr(time, "time", lambda wall=wall: wall)
        sinks[-1].take(reading(0.0, live=True))
    write(tmp_path / "sessions" / "dead")
    assert [folder.name for folder in living()] == ["c", "a", "b"]
    sinks[2].close()
    assert [folder.name for folder in living()] == ["a", "b"]
    assert session_folder.names() == ["a", "b", "c", "dead"]
    for sink in sinks[:2]:
        sink.close()
