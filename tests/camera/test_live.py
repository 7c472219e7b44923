"""Live sources, with captures that behave as drivers do: fast, ending, throwing, blocking."""

from __future__ import annotations

import queue
import threading

import numpy as np
import pytest

from edgefer.camera import live
from edgefer.camera.live import LiveSource
from edgefer.errors import SourceError


class Camera:
    """Gives the frames that the test puts in; None is a failed read, an exception is raised, otherwise it blocks."""

    def __init__(self, *levels: int) -> None:
        self._frames: queue.Queue[object] = queue.Queue()
        self.taken = threading.Semaphore(0)
        self.released = False
        for level in levels:
            self.give(level)

    def give(self, frame: object) -> None:
        self._frames.put(frame)

    def read(self):
        frame = self._frames.get()
        self.taken.release()
        if isinstance(frame, Exception):
            raise frame
        if frame is None:
            self.give(None)
            return False, None
        return True, np.full((2, 2, 3), frame, np.uint8)

    def release(self):
        self.released = True


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(live, "PATIENCE", 0.3)
    monkeypatch.setattr(live, "RETRY", 0.1)
    monkeypatch.setattr(live, "JOIN", 0.2)


def open_live(camera):
    return LiveSource(camera, "camera 7", "camera 7, 2x2", 30.0)


def given(camera, *frames):
    """Give frames and wait until all were read and the thread asks for the next."""
    for frame in frames:
        camera.give(frame)
    for _ in frames:
        assert camera.taken.acquire(timeout=5)


def settled(source, level):
    """Wait until the newest frame is the one of this level."""
    with source._fresh:
        assert source._fresh.wait_for(
            lambda: source._newest is not None and int(source._newest[0][0, 0, 0]) == level, timeout=5
        )


def test_only_the_newest_frame_and_the_drops_counted():
    camera = Camera(1)
    with open_live(camera) as source:
        frames = iter(source)
        assert next(frames).picture[0, 0, 0] == 1
        given(camera, 2, 3, 4)
        settled(source, 4)
        frame = next(frames)
        assert frame.picture[0, 0, 0] == 4
        assert frame.dropped == 2
        assert frame.index == 1
        camera.give(5)
        after = next(frames)
        assert after.picture[0, 0, 0] == 5
        assert after.dropped == 2
        assert after.time > frame.time > 0
        assert after.age_ms is not None
        camera.give(None)
    assert camera.released


def test_frames_before_anyone_watches_are_not_drops():
    camera = Camera(1)
    with open_live(camera) as source:
        given(camera, 2, 3)
        settled(source, 3)
        frame = next(iter(source))
        assert (frame.picture[0, 0, 0], frame.dropped, frame.time) == (3, 0, 0.0)
        camera.give(None)


def test_a_camera_that_gives_nothing_is_refused_at_once():
    with pytest.raises(SourceError, match=r"camera 7 has given no frame for 0\.3 s"):
        open_live(Camera())


def test_a_camera_whose_reads_fail_is_refused():
    camera = Camera()
    camera.give(None)
    with pytest.raises(SourceError, match="camera 7 stopped giving frames"):
        open_live(camera)
    assert camera.released


def test_unplugged():
    camera = Camera(1)
    with open_live(camera) as source:
        frames = iter(source)
        next(frames)
        camera.give(None)
        with pytest.raises(SourceError, match="camera 7 stopped giving frames"):
            next(frames)


def test_a_driver_that_throws():
    camera = Camera(1)
    with open_live(camera) as source:
        frames = iter(source)
        next(frames)
        camera.give(RuntimeError("first line\nno such device"))
        with pytest.raises(SourceError, match="camera 7 failed: no such device"):
            next(frames)


def test_a_driver_that_blocks_is_given_up_and_left_alone():
    camera = Camera(1)
    source = open_live(camera)
    frames = iter(source)
    next(frames)
    with pytest.raises(SourceError, match="no frame for"):
        next(frames)
    source.close()
    assert not camera.released, "releasing a capture under a blocked read crashes"
    camera.give(None)


def test_stop_ends_a_wait():
    camera = Camera(1)
    with open_live(camera) as source:
        frames = iter(source)
        next(frames)
        threading.Timer(0.05, source.stop).start()
        assert list(frames) == []
        camera.give(None)
