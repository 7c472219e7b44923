"""Live sources, with captures that behave as drivers do: fast, ending, throwing, blocking, repeating."""

from __future__ import annotations

import queue
import threading
import time

import numpy as np
import pytest

from edgefer.camera import grabber, live
from edgefer.camera.endurance import Endurance
from edgefer.camera.grabber import Opened
from edgefer.camera.live import LiveSource
from edgefer.errors import SourceError

ONCE = Endurance(reconnect=0, silent=0.3, frozen=0)
AGAIN = Endurance(reconnect=5, silent=0.3, frozen=0)


class Camera:
    """Gives the frames that the test puts in; None is a failed read, an exception is raised, otherwise it blocks."""

    def __init__(self, *levels: object) -> None:
        self._frames: queue.Queue[object] = queue.Queue()
        self.taken = threading.Semaphore(0)
        self.released = threading.Event()
        for level in levels:
            self.give(level)

    def give(self, *frames: object) -> None:
        for frame in frames:
            self._frames.put(frame)

    def read(self):
        frame = self._frames.get()
        self.taken.release()
        if isinstance(frame, Exception):
            raise frame
        if frame is None:
            self.give(None)
            return False, None
        if isinstance(frame, np.ndarray):
            return True, frame
        return True, np.full((2, 2, 3), frame, np.uint8)

    def release(self):
        self.released.set()


class Repeating(Camera):
    """Gives its frames and then the last one for ever, as some drivers do when the cable is pulled."""

    def read(self):
        time.sleep(0.005)
        if self._frames.qsize() > 1:
            return super().read()
        return True, np.full((2, 2, 3), self._frames.queue[0], np.uint8)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    monkeypatch.setattr(grabber, "RETRY", 0.1)
    monkeypatch.setattr(live, "JOIN", 0.2)
    monkeypatch.setattr(live, "DELAYS", (0.0, 0.02, 0.05))


def open_live(*cameras, endurance=ONCE):
    """A source whose connections are these cameras, one after another; an exception is a connection that fails."""
    ways = list(cameras)

    def connect():
        way = ways.pop(0) if len(ways) > 1 else ways[0]
        if isinstance(way, Exception):
            raise way
        return Opened(way, "2x2", 30.0)

    return LiveSource("camera 7", connect, endurance)


def level(frame):
    return int(frame.picture[0, 0, 0])


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
            lambda: source._grabber.waits() and int(source._grabber._newest[0][0, 0, 0]) == level, timeout=5
        )


def test_only_the_newest_frame_and_the_drops_counted():
    camera = Camera(1)
    with open_live(camera) as source:
        assert (source.description, source.fps) == ("camera 7, 2x2", 30.0)
        frames = iter(source)
        assert level(next(frames)) == 1
        given(camera, 2, 3, 4)
        settled(source, 4)
        frame = next(frames)
        assert (level(frame), frame.dropped, frame.index) == (4, 2, 1)
        camera.give(5)
        after = next(frames)
        assert (level(after), after.dropped) == (5, 2)
        assert after.time > frame.time > 0
        assert after.age_ms is not None
        camera.give(None)
    assert camera.released.wait(5)


def test_frames_before_anyone_watches_are_not_drops():
    camera = Camera(1)
    with open_live(camera) as source:
        given(camera, 2, 3)
        settled(source, 3)
        frame = next(iter(source))
        assert (level(frame), frame.dropped, frame.time) == (3, 0, 0.0)
        camera.give(None)


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 4), (1, 1, 3), (4320, 7680, 3)])
def test_gray_bgra_tiny_and_huge_frames_become_bgr(shape):
    camera = Camera(np.full(shape, 7, np.uint8))
    with open_live(camera) as source:
        picture = next(iter(source)).picture
        camera.give(None)
    assert picture.shape == (*shape[:2], 3)
    assert picture.max() == 7


def test_a_driver_that_says_yes_and_gives_nothing_counts_as_a_failed_read():
    camera = Camera(5)
    with open_live(camera) as source:
        assert level(next(iter(source))) == 5
        given(camera, np.zeros((0, 0, 3), np.uint8), np.zeros((0, 0, 3), np.uint8))
        with source._fresh:
            assert not source._grabber.waits()
        camera.give(None)


def test_a_camera_that_gives_nothing_is_refused_at_once():
    with pytest.raises(SourceError, match=r"camera 7 has given no frame for 0\.3 s"):
        open_live(Camera(), endurance=AGAIN)


def test_a_camera_whose_reads_fail_is_refused_at_once():
    camera = Camera(None)
    with pytest.raises(SourceError, match="camera 7 stopped giving frames"):
        open_live(camera, endurance=AGAIN)
    assert camera.released.wait(5)


def test_one_that_does_not_open_is_refused_at_once(capsys):
    with pytest.raises(SourceError, match=r"^no camera 7\. try another$"):
        open_live(SourceError("no camera 7", "try another"), endurance=AGAIN)
    assert capsys.readouterr().err == ""


def ended(source):
    with source, pytest.raises(SourceError) as error:
        list(source)
    return str(error.value)


def test_unplugged_and_not_to_be_opened_again():
    assert ended(open_live(Camera(1, None))) == (
        "camera 7 stopped giving frames. check its cable and power, then run again"
    )


def test_a_driver_that_throws_hides_its_password():
    assert "camera 7 failed: no rtsp://me:***@host." in ended(
        open_live(Camera(1, RuntimeError("first line\nno rtsp://me:secret@host")))
    )


def test_a_driver_that_blocks_is_given_up_and_left_alone():
    camera = Camera(1)
    source = open_live(camera)
    assert "no frame for 0.3 s" in ended(source)
    assert not camera.released.is_set(), "releasing a capture under a blocked read crashes"
    camera.give(2)
    assert camera.released.wait(5), "the device is let go as soon as the driver answers"


@pytest.mark.parametrize("last", [None, RuntimeError("gone")], ids=["stops", "throws"])
def test_a_camera_that_goes_and_comes_back(capsys, last):
    missing = SourceError("no camera 7", "")
    with open_live(Camera(1, last), missing, missing, Camera(5), endurance=AGAIN) as source:
        frames = iter(source)
        before, after = next(frames), next(frames)
        assert [(level(frame), frame.index) for frame in (before, after)] == [(1, 0), (5, 1)]
        assert after.time > before.time
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 2
    assert told[0].endswith("; opening it again, for up to 5 s")
    assert told[1].startswith("camera 7 is back after ")


def test_a_camera_that_blocks_is_opened_again(capsys):
    hanging = Camera(1)
    with open_live(hanging, Camera(5), endurance=AGAIN) as source:
        frames = iter(source)
        assert [level(next(frames)) for _ in range(2)] == [1, 5]
    assert "has given no frame for 0.3 s; opening it again" in capsys.readouterr().err
    assert not hanging.released.is_set()


def test_other_terms_after_the_return_are_told(capsys):
    ways = [Opened(Camera(1, None), "1280x720 at 30 fps", 30.0), Opened(Camera(2), "640x480 at 15 fps", 15.0)]
    with LiveSource("camera 7", lambda: ways.pop(0), AGAIN) as source:
        frames = iter(source)
        next(frames), next(frames)
    assert capsys.readouterr().err.rstrip().endswith("s, now 640x480 at 15 fps")


def test_one_that_stays_away_ends_the_run_and_says_why():
    source = open_live(
        Camera(1, None), SourceError("no camera 7", ""), endurance=Endurance(reconnect=0.3, silent=0.3, frozen=0)
    )
    assert ended(source) == (
        "camera 7 stopped giving frames and did not come back within 0.3 s (no camera 7). "
        "check its cable and power, then run again"
    )


def test_tries_come_slower_and_slower_until_frames_are_steady(monkeypatch):
    pauses = []
    monkeypatch.setattr(live, "DELAYS", (0.0, 1.0, 2.0))
    monkeypatch.setattr(LiveSource, "_pause", lambda self, seconds: pauses.append(seconds) or True)
    missing = SourceError("no camera 7", "")
    endurance = Endurance(reconnect=60, silent=5, frozen=0)
    cameras = [Camera(1, None), missing, missing, missing, Camera(2, None), Camera(3)]
    with open_live(*cameras, endurance=endurance) as source:
        frames = iter(source)
        assert [level(next(frames)) for _ in range(3)] == [1, 2, 3]
    assert pauses == [0.0, 1.0, 2.0, 2.0, 2.0], "one good frame does not begin anew"
    pauses.clear()
    monkeypatch.setattr(live, "STEADY", -1.0)
    with open_live(Camera(1, None), Camera(2, None), Camera(3), endurance=endurance) as source:
        frames = iter(source)
        assert [level(next(frames)) for _ in range(3)] == [1, 2, 3]
    assert pauses == [0.0, 0.0]


def test_stop_ends_a_wait():
    camera = Camera(1)
    with open_live(camera, endurance=Endurance()) as source:
        frames = iter(source)
        next(frames)
        threading.Timer(0.05, source.stop).start()
        assert list(frames) == []
        camera.give(None)


def test_stop_ends_the_tries(capsys):
    lost = SourceError("no camera 7", "")
    with open_live(Camera(1, None), lost, endurance=Endurance(reconnect=600)) as source:
        frames = iter(source)
        next(frames)
        threading.Timer(0.3, source.stop).start()
        assert list(frames) == []
    assert "is back" not in capsys.readouterr().err


@pytest.mark.parametrize("lost", ["blocks", "away", "opening"])
def test_whoever_waits_for_frames_has_something_to_do_meanwhile(lost, capsys):
    """As the window, which takes its keys."""
    waits, blocked = Endurance(reconnect=600, silent=600, frozen=0), threading.Event()
    camera = Camera(1) if lost == "blocks" else Camera(1, None)
    source = open_live(camera, SourceError("no camera 7", ""), endurance=waits)
    if lost == "opening":
        source._connect = blocked.wait
    with source:
        frames = iter(source)
        next(frames)
        source.idle = source.stop
        assert list(frames) == []
        blocked.set()
        camera.give(None)


def test_a_connection_that_is_still_being_opened_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(live, "JOIN", 60)
    monkeypatch.setattr(live, "OPENING", 0.1)
    begin = time.monotonic()
    with pytest.raises(SourceError, match=r"no frame for 0\.1 s"):
        LiveSource("camera 7", threading.Event().wait, ONCE)
    assert time.monotonic() - begin < 30


FREEZE = Endurance(reconnect=5, silent=5, frozen=0.2)


def until(source, wanted):
    """Read until a frame of this level."""
    end = time.monotonic() + 20
    return next(frame for frame in source if level(frame) == wanted or time.monotonic() > end)


def test_a_repeated_picture_is_no_sign_of_life(capsys):
    with open_live(Repeating(1, 2, 3), Repeating(8, 9), endurance=FREEZE) as source:
        assert level(until(source, 9)) == 9
    told = capsys.readouterr().err.splitlines()
    assert told[0] == "camera 7 has repeated one picture for 0.2 s; opening it again, for up to 5 s"
    assert told[1].startswith("camera 7 is back after")


def test_a_reader_for_whom_a_frame_always_waits_notices_a_freeze(capsys):
    with open_live(Repeating(1, 2), Repeating(8, 9), endurance=FREEZE) as source:
        for frame in source:
            if level(frame) == 9 or frame.time > 20:
                break
            with source._fresh:
                assert source._fresh.wait_for(source._grabber.waits, timeout=5)
    assert level(frame) == 9


def test_a_repeated_picture_without_a_second_try_ends_the_run():
    endurance = Endurance(reconnect=0, silent=5, frozen=0.2)
    assert "has repeated one picture for 0.2 s. check its cable" in ended(
        open_live(Repeating(1, 2), endurance=endurance)
    )


def test_a_still_scene_is_opened_again_once_and_then_believed(capsys):
    camera = Repeating(4)
    with open_live(Repeating(4), camera, endurance=FREEZE) as source:
        frames = iter(source)
        end = time.monotonic() + 1.2
        while time.monotonic() < end:
            assert level(next(frames)) == 4
        told = capsys.readouterr().err.splitlines()
        assert [line.split()[2] for line in told] == ["has", "is", "shows"]
        assert "taken for a still scene" in told[2]
        camera.give(5, 6)  # the lens is uncovered, and later the cable is pulled
        until(frames, 6)
        until(frames, 6)
        end = time.monotonic() + 20
        while not (later := capsys.readouterr().err) and time.monotonic() < end:
            next(frames)
    assert "has repeated one picture" in later


def test_pictures_that_differ_in_one_bit_are_not_frozen():
    ones = np.zeros((40, 40, 3), np.uint8)
    other = ones.copy()
    other[33, 7, 1] = 1
    assert grabber.same(ones, ones.copy())
    assert not grabber.same(ones, other)
    assert not grabber.same(ones, ones[:20])
