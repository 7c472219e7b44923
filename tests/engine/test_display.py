from __future__ import annotations

import threading
import time

import pytest

from edgefer.engine import display
from edgefer.engine.clock import Clock
from edgefer.engine.display import seconds_text, shown, words
from edgefer.engine.past import Compiled


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.94, "9.9 s"), (9.97, "10 s"), (59.4, "59 s"), (200.2, "3 min 20 s")]
)
def test_seconds_as_people_say_them(seconds, text):
    assert seconds_text(seconds) == text


def test_without_a_terminal_a_line_comes_though_tensorrt_says_nothing(monkeypatch, capfd):
    monkeypatch.setattr(display, "HEARTBEAT", 0.05)
    before = set(threading.enumerate())
    clock = Clock(Compiled(seconds=60))
    with shown("compiling x", clock):
        clock.start("Building engine", None, 2)
        clock.start("Timing tactics", "Building engine", 3)
        time.sleep(0.4)
        clock.finish("Building engine")
        clock.succeed()
    *lines, last = capfd.readouterr().err.splitlines()
    assert len(lines) >= 3
    assert lines[0].startswith("compiling x: 0 %, about 1 min 0 s left, 0.1 s so far, ")
    assert lines[0].endswith(", Timing tactics")
    assert "TensorRT at work without a word for 0.3 s" in lines[-1] or "for 0.4 s" in lines[-1]
    assert last == "compiling x: done in 0.4 s" or last.startswith("compiling x: done in")
    assert set(threading.enumerate()) <= before


def test_a_build_that_failed_is_not_called_done(capfd):
    clock = Clock()
    with shown("compiling x", clock):
        clock.start("Building engine", None, 2)
        clock.finish("Building engine")
    assert capfd.readouterr().err == ""


def test_in_a_terminal_a_bar_moves_though_tensorrt_says_nothing(monkeypatch, capfd):
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(display, "_REFRESH", 0.02)
    clock = Clock(Compiled(seconds=1))
    with shown("compiling x for sm80+sm86+sm89+sm120", clock):
        clock.start("Timing tactics", None, 2)
        time.sleep(0.3)
        clock.succeed()
    err = capfd.readouterr().err
    assert "compiling x" in err
    assert "so far, Tim" in err
    assert " s left" in err
    assert "\u2501" in err
    assert "compiling x for sm80+sm86+sm89+sm120: done in" in err


def test_what_takes_longer_says_so(monkeypatch):
    clock = Clock(Compiled(seconds=0.0))
    assert words(clock) == "0.0 s so far, longer than the last time (0.0 s)"


def test_further_processes_show_nothing(monkeypatch, capfd):
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setenv("RANK", "1")
    clock = Clock()
    with shown("compiling x", clock):
        clock.start("a", None, 1)
        clock.succeed()
    assert capfd.readouterr().err == ""
