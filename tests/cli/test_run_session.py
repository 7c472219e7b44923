"""`edgefer run --session` and `edgefer mark` as people type them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from edgefer.camera.session_folder import folder_of
from edgefer.camera.session_read import read
from edgefer.camera.session_sink import SessionSink
from edgefer.emotions import FER2013
from tests.camera.sessions import lines, reading, write
from tests.camera.test_session_sink import about
from tests.conftest import one_line
from tests.films import film, picture

FILE = Path("sessions/anna/session.jsonl")


@pytest.fixture
def clip(tmp_path):
    return film(tmp_path / "clip.avi", [20] * 50 + [240] * 50)


def usual(model, source, *more):
    return ["run", "--source", source, "--engine", model, "--detector", "none", "--session", "anna", *more]


def start(*arguments):
    command = [sys.executable, "-m", "edgefer", *map(str, arguments)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def wait_for(samples):
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (FILE.is_file() and FILE.read_bytes().count(b'"sample"') >= samples):
        time.sleep(0.02)


def test_a_film(cli, model, clip):
    done = cli(*usual(model, clip, "--smooth", 0, "--session-rate", 5))
    assert done.code == 0, done.err
    record = read(FILE)
    assert record.header.model.labels == FER2013
    assert record.header.settings["smooth"] == 0
    assert record.header.settings["detector"] == "no detector"
    assert record.header.source == "clip.avi, 96x64 at 25 fps"
    assert [line.people[0].emotion for line in record.samples] == ["anger"] * 10 + ["happy"] * 10
    assert not record.cut_off
    assert "frames written: 0; files made: sessions/anna/session.jsonl" in done.err
    assert "emotions over time, of everybody, go to sessions/anna; it holds no picture and no place" in done.err
    assert sorted(path.name for path in Path("sessions").rglob("*")) == ["anna", "session.jsonl"]


def test_marks_from_another_terminal_and_a_kill(cli, model):
    run = start(*usual(model, "demo://"))
    try:
        wait_for(3)
        assert cli("mark", "task 1 starts").err == "sessions/anna: marked 'task 1 starts'\n"
        assert cli("mark", "--note", "laughs", "--session", "anna").code == 0
        assert cli("mark", "--pause").err == "sessions/anna: paused\n"
        assert cli("mark", "--resume").err == "sessions/anna: goes on\n"
        wait_for(len(read(FILE).samples) + 3)
        refused = cli(*usual(model, "demo://"))
        assert refused.code == 2
        assert "there is a session sessions/anna already" in one_line(refused)
        assert "is being written by another run" in one_line(
            cli(*usual(model, "demo://?seconds=1", "--session-continue"))
        )
    finally:
        run.send_signal(signal.SIGKILL)
        run.communicate(timeout=60)
    assert FILE.read_bytes().startswith(b'{"kind":"session"')
    record = read(FILE)
    assert record.cut_off
    assert len(record.samples) >= 6
    assert [(mark.text, mark.does.value) for mark in record.marks] == [("task 1 starts", "task"), ("laughs", "note")]
    failed = cli("mark", "too late")
    assert failed.code == 2
    assert "no session is running" in one_line(failed)
    done = cli(*usual(model, "demo://?seconds=0.5", "--session-continue"))
    assert done.code == 0, done.err
    assert len(read(FILE).runs) == 2


def test_the_session_that_began_last_is_meant(cli, monkeypatch):
    sinks = {name: SessionSink(folder_of(name), about()) for name in ("z", "a", "k")}
    for number, sink in enumerate(sinks.values()):
        wall = 1_800_000_000.0 + number
        monkeypatch.setattr(time, "time", lambda wall=wall: wall)
        sink.take(reading(0.0, live=True))
    assert cli("mark", "task 1").err == "sessions/k: marked 'task 1'\n"
    sinks["k"].close()
    assert cli("mark", "task 1").err == "sessions/a: marked 'task 1'\n"
    for sink in (sinks["a"], sinks["z"]):
        sink.close()


def test_keys_of_the_window_reach_the_session(cli, model, clip, monkeypatch):
    class Window:
        pictures, files = 0, ()

        def __init__(self, _source, marks):
            self.marks, self.frames = marks, 0

        def take(self, _reading):
            self.frames += 1
            if self.frames == 5:
                self.marks.key(ord("3"))
            return True

        def close(self):
            pass

    monkeypatch.setattr("edgefer.camera.window.Window", Window)
    monkeypatch.setattr("edgefer.camera.window.why_headless", lambda: "")
    done = cli(*usual(model, clip))
    assert done.code == 0, done.err
    (found,) = read(FILE).marks
    assert (found.text, found.time) == ("task 3", pytest.approx(4 / 25))


def test_aggregate_only_holds_nobody(cli, model, clip):
    done = cli(*usual(model, clip, "--aggregate-only", "--interval", 1))
    assert done.code == 0, done.err
    assert "of nobody in particular, go to sessions/anna" in done.err
    record = read(FILE)
    assert record.header.aggregate
    assert [(line.time, line.faces) for line in record.intervals] == [(0.0, 25), (1.0, 25), (2.0, 25), (3.0, 25)]
    assert record.intervals[-1].seconds == pytest.approx(0.96)
    assert "track" not in FILE.read_text()


def test_bad_wishes_are_one_line_and_make_nothing(cli, model, clip, tmp_path):
    picture(tmp_path / "a.png")
    for arguments, says in (
        (usual(model, tmp_path / "a.png"), "pictures stand alone"),
        ([*usual(model, clip)[:-1], "a:b"], "is no name for a session"),
    ):
        failed = cli(*arguments)
        assert failed.code == 2
        assert says in one_line(failed)
    assert not Path("sessions").exists()
    Path("file").touch()
    failed = cli(*[*usual(model, clip)[:-1], "file/x"])
    assert failed.code == 1
    assert "cannot write" in one_line(failed)


def test_a_session_elsewhere(cli, model, clip, tmp_path):
    assert cli(*[*usual(model, clip)[:-1], tmp_path / "p1"]).code == 0
    assert len(read(tmp_path / "p1" / "session.jsonl").samples) > 30


def test_an_error_of_the_source_is_in_the_file(cli, model, tmp_path):
    clip = film(tmp_path / "a.avi", range(60))
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    failed = cli(*usual(model, clip))
    assert failed.code == 1
    assert "breaks off after" in lines(FILE)[-1]["why"]
    assert str(tmp_path) in json.dumps(lines(FILE)[-1])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "mark needs a text"),
        (("a", "--pause"), "mark needs a text"),
        (("--pause", "--resume"), "mark needs a text"),
        (("--note",), "mark needs a text"),
        (("--note", "--pause"), "--note needs a text"),
        (("two\nlines", "--session", "anna"), "has ended"),
        (("x", "--session", "ana"), "did you mean 'anna'?"),
        (("x", "--session", "a:b"), "is no name"),
        (("x",), "no session is running under sessions/"),
    ],
)
def test_marks_that_cannot_be_set(cli, arguments, says):
    write(Path("sessions/anna"))
    failed = cli("mark", *arguments)
    assert failed.code == 2
    assert says in one_line(failed)
    assert [path.name for path in Path("sessions/anna").iterdir()] == ["session.jsonl"]
