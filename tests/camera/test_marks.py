from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest

from edgefer.camera.marks import SPOOL, MarkKind, Marks, send
from edgefer.errors import ArtifactError, UsageError


def texts(marks):
    return [(mark.text, mark.kind) for mark in marks]


def test_marks_come_once_in_their_order_with_the_time_of_their_setting(tmp_path):
    marks = Marks(tmp_path)
    assert marks.new() == []
    before = time.time()
    send(tmp_path, "  task 1 starts ")
    send(tmp_path, "sighs", MarkKind.NOTE)
    after = time.time()
    found = marks.new()
    assert texts(found) == [("task 1 starts", MarkKind.TASK), ("sighs", MarkKind.NOTE)]
    assert before <= found[0].wall <= found[1].wall <= after
    assert found[0].id != found[1].id
    assert marks.new() == []
    send(tmp_path, "later")
    assert texts(marks.new()) == [("later", MarkKind.TASK)]


def test_half_a_line_waits_for_its_other_half_and_a_damaged_one_costs_no_other(tmp_path):
    marks = Marks(tmp_path)
    send(tmp_path, "one")
    spool = tmp_path / SPOOL
    line = spool.read_bytes()
    with spool.open("ab") as handle:
        handle.write(b"no mark\n" + line[:20])
    assert texts(marks.new()) == [("one", MarkKind.TASK)]
    with spool.open("ab") as handle:
        handle.write(line[20:])
    assert texts(marks.new()) == [("one", MarkKind.TASK)]


def test_keys(tmp_path, capfd):
    marks = Marks(tmp_path)
    assert [marks.key(ord(key)) for key in "19m0xq"] == [True, True, True, True, False, False]
    assert not marks.key(255)
    assert texts(marks.new()) == [
        ("task 1", MarkKind.TASK),
        ("task 9", MarkKind.TASK),
        ("moment", MarkKind.NOTE),
        ("task ends", MarkKind.TASK),
    ]
    assert capfd.readouterr().err.splitlines() == [
        "marked: task 1", "marked: task 9", "marked: moment", "marked: task ends"
    ]  # fmt: skip


def test_p_pauses_and_goes_on(tmp_path):
    marks = Marks(tmp_path)
    marks.key(ord("p"))
    assert marks.paused
    marks.key(ord("p"))
    assert not marks.paused
    assert [mark.kind for mark in marks.new()] == [MarkKind.PAUSE, MarkKind.RESUME]
    marks.paused = True  # the session was paused from another terminal
    marks.key(ord("p"))
    assert [mark.kind for mark in marks.new()] == [MarkKind.RESUME]


@pytest.mark.parametrize("text", ["", "  ", "two\nlines", "bell\a", "x" * 201])
def test_a_mark_is_one_short_line(tmp_path, text):
    with pytest.raises(UsageError):
        send(tmp_path, text)
    assert not (tmp_path / SPOOL).exists()


def test_a_place_that_cannot_be_written(tmp_path):
    with pytest.raises(ArtifactError, match="cannot write"):
        send(tmp_path / "gone", "task 1")


def test_several_processes_mark_at_once(tmp_path):
    code = f"""
from pathlib import Path
from edgefer.camera.marks import send
for number in range(50):
    send(Path({str(tmp_path)!r}), "x" * 150)
"""
    runs = [subprocess.Popen([sys.executable, "-c", code]) for _ in range(3)]
    assert [run.wait(60) for run in runs] == [0, 0, 0]
    assert len(Marks(tmp_path).new()) == 150
    assert len((tmp_path / SPOOL).read_text().splitlines()) == 150
    assert json.loads((tmp_path / SPOOL).read_text().splitlines()[0])["kind"] == "task"
