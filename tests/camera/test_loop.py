from __future__ import annotations

import os
import signal
import threading
from pathlib import Path

import numpy as np
import pytest

from edgefer.camera.detect import WholePicture
from edgefer.camera.frame import Frame, Source
from edgefer.camera.loop import NOTICE, Receipt, run, watch
from edgefer.camera.settings import Watching
from edgefer.camera.source import open_source
from edgefer.errors import ArtifactError, SourceError
from edgefer.runtime.onnx import OnnxSession
from tests import brightness_model
from tests.films import film, picture


@pytest.fixture
def session(tmp_path):
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as session:
        yield session


class Levels(Source):
    """A live source of gray frames, ten a second; `fault` is raised after the last."""

    description, fps = "levels", 10.0

    def __init__(self, *levels, fault=None):
        super().__init__()
        self.levels, self.fault = levels, fault

    def __iter__(self):
        for index, level in enumerate(self.levels):
            if self.stopped:
                return
            picture = np.full((48, 48, 3), level, np.uint8)
            yield Frame(index, index / 10, picture, captured=1.0, dropped=2 * index)
        if self.fault:
            raise self.fault


class Keep:
    """Remembers what it was given; `enough` readings stop the loop."""

    def __init__(self, enough=None, pictures=0, files=(), fault=None):
        self.readings, self.closed, self.enough = [], 0, enough
        self.pictures, self.files, self.fault = pictures, tuple(map(Path, files)), fault

    def take(self, reading):
        self.readings.append(reading)
        return len(self.readings) != self.enough

    def close(self):
        self.closed += 1
        if self.fault:
            raise self.fault


def test_watch_reads_every_frame(session):
    readings = list(watch(Levels(20, 240, 240), WholePicture(), session, Watching(smooth=0)))
    assert [reading.faces[0].label for reading in readings] == ["anger", "happy", "happy"]
    assert [reading.faces[0].track for reading in readings] == [1, 1, 1]
    assert readings[0].fps == 0
    assert readings[2].fps > 0
    assert readings[0].age_ms > 0


def test_watch_smooths(session):
    readings = list(watch(Levels(240, 20, 240), WholePicture(), session, Watching(smooth=5)))
    assert [reading.faces[0].label for reading in readings] == ["happy"] * 3
    assert readings[1].faces[0].probabilities["anger"] > 0.01


def test_pictures_stand_alone(session, tmp_path):
    for name, level in (("a.png", 20), ("b.png", 240)):
        picture(tmp_path / name, level)
    with open_source(uri=str(tmp_path)) as source:
        readings = list(watch(source, WholePicture(), session, Watching(smooth=5)))
    assert [reading.faces[0].label for reading in readings] == ["anger", "happy"]
    assert [reading.faces[0].track for reading in readings] == [None, None]
    assert [reading.faces[0].uncertain for reading in readings] == [False, False]
    with open_source(uri=str(tmp_path)) as source:
        readings = list(watch(source, WholePicture(), session, Watching(floor=1)))
    assert [reading.faces[0].emotion for reading in readings] == ["uncertain", "uncertain"]


def test_the_receipt_tells_what_was_done(session, capfd):
    sinks = [Keep(pictures=3, files=["a.mp4"]), Keep(files=["b.jsonl"])]
    receipt = run(Levels(20, 240, 20), WholePicture(), session, sinks)
    assert (receipt.frames, receipt.faces, receipt.dropped) == (3, 3, 4)
    assert receipt.pictures_written == 3
    assert receipt.files == (Path("a.mp4"), Path("b.jsonl"))
    assert [sink.closed for sink in sinks] == [1, 1]
    first, second, last = capfd.readouterr().err.splitlines()
    assert first == "watching levels; faces by no detector; brightness on onnxruntime cpu"
    assert second == NOTICE
    assert last.startswith("read 3 frames in ")
    assert last.endswith("4 dropped; 3 faces; frames written: 3; files made: a.mp4, b.jsonl")


def test_a_receipt_of_nothing():
    assert str(Receipt(0, 0, 0.0, 0, 0, ())) == "read 0 frames in 0.0 s; 0 faces; frames written: 0; files made: none"
    assert "read 1 frame in 2.0 s; 1 face;" in str(Receipt(1, 1, 2.0, 0, 0, ()))
    assert "read 20 frames in 2.0 s, 10.0 fps;" in str(Receipt(20, 1, 2.0, 0, 0, ()))


def test_max_frames(session, tmp_path):
    sink = Keep()
    with open_source(uri=str(film(tmp_path / "a.avi", range(30)))) as source:
        assert run(source, WholePicture(), session, [sink], max_frames=7).frames == 7
    assert len(sink.readings) == 7


def test_a_sink_that_has_enough_stops_the_loop_after_all_got_the_frame(session):
    early, late = Keep(enough=2), Keep()
    run(Levels(*range(50)), WholePicture(), session, [early, late])
    assert (len(early.readings), len(late.readings)) == (2, 2)


def test_a_source_that_breaks_off_leaves_closed_sinks_and_a_receipt(session, capfd):
    sink = Keep()
    with pytest.raises(SourceError, match="unplugged"):
        run(Levels(1, 2, fault=SourceError("unplugged")), WholePicture(), session, [sink])
    assert (len(sink.readings), sink.closed) == (2, 1)
    assert "read 2 frames" in capfd.readouterr().err


def test_a_sink_that_cannot_close_does_not_take_the_others_with_it(session, capfd):
    sinks = [Keep(), Keep(fault=ArtifactError("disk full")), Keep()]
    with pytest.raises(ArtifactError, match="disk full"):
        run(Levels(1), WholePicture(), session, sinks)
    assert [sink.closed for sink in sinks] == [1, 1, 1]
    assert "read 1 frame " in capfd.readouterr().err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_the_run_cleanly(session, number):
    class Signalling(Keep):
        def take(self, reading):
            if len(self.readings) == 2:
                os.kill(os.getpid(), number)
            return super().take(reading)

    before = signal.getsignal(number)
    sink = Signalling()
    receipt = run(Levels(*range(50)), WholePicture(), session, [sink])
    assert receipt.frames == len(sink.readings) == 3
    assert sink.closed == 1
    assert signal.getsignal(number) is before


def test_a_signal_that_was_ignored_stays_ignored(session):
    """As `nohup edgefer run` when its terminal is closed."""

    class Signalling(Keep):
        def take(self, reading):
            os.kill(os.getpid(), signal.SIGHUP)
            return super().take(reading)

    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert run(Levels(1, 2, 3), WholePicture(), session, [Signalling()]).frames == 3
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_signal_acts_as_before(session):
    class Stuck(Keep):
        def take(self, reading):
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGINT)
            return super().take(reading)

    sink = Stuck()
    with pytest.raises(KeyboardInterrupt):
        run(Levels(1, 2), WholePicture(), session, [sink])
    assert sink.closed == 1


def test_it_runs_outside_the_main_thread(session):
    receipts = []
    thread = threading.Thread(target=lambda: receipts.append(run(Levels(1, 2), WholePicture(), session, [])))
    thread.start()
    thread.join(30)
    assert receipts[0].frames == 2
