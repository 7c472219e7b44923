"""docs/sessions.md names every line and key of a session's file, every key of the window, and the code's own figures."""

import re

import pytest

from edgefer.camera import marks, session_compare, session_lines, session_stats, session_summary, session_valleys
from edgefer.camera.session_folder import RATE
from edgefer.camera.session_view import BETWEEN, task_name
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "sessions.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())
LINES = {
    "session": (session_lines.HeaderLine, session_lines.ModelLine),
    "sample": (session_lines.SampleLine, session_lines.PersonLine),
    "interval": (session_lines.IntervalLine,),
    "mark": (session_lines.MarkLine,),
    "gap": (session_lines.GapLine,),
    "end": (session_lines.EndLine,),
}


@pytest.mark.parametrize("kind", LINES)
def test_every_key_is_named(kind):
    row = next(line for line in PAGE.splitlines() if line.startswith(f"| `{kind}` |"))
    keys = {field.alias or name for model in LINES[kind] for name, field in model.model_fields.items()} - {"kind"}
    assert keys <= set(re.findall(r"`(\w+)`", row))


def test_figures_are_those_of_the_code():
    for told in (
        f"averaged over {2 * session_valleys.WINDOW:g} seconds, rise {100 * session_valleys.RISE:g} points",
        f"blocks of {session_compare.BLOCK:g} seconds",
        f"needs {session_compare.FEWEST} blocks",
        f"{RATE:g} samples a second",
        f"{session_stats.BRIDGE:g} seconds out of sight",
        f"less than {session_summary.PASSING:g} seconds",
    ):
        assert told in TEXT
    assert session_valleys.MOST == 10
    assert session_valleys.SHORTEST == 1.0


def test_what_begins_and_what_ends_a_task():
    for text in ("task 2", "task 2 starts", "start of task 2"):
        assert f"`{text}`" in PAGE
        assert task_name(text) == "task 2"
    for text in ("task 2 ends", "end of task 2", "task 2: done"):
        assert f"`{text}`" in PAGE
        assert task_name(text) == BETWEEN


def test_every_key_of_the_window_is_told():
    rows = [line.split("|")[1].strip() for line in PAGE.splitlines() if line.startswith("|")]
    assert {"1 to 9", "0", "m", "p"} <= set(rows)
    assert {chr(code) for code in (*marks.KEYS, marks.PAUSE_KEY)} == set("1234567890mp")
