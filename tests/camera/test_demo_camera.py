from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from edgefer.camera.asked import Asked, Codec
from edgefer.camera.demo_camera import DemoCamera, DemoOptions, demo_options
from edgefer.camera.source import open_source
from edgefer.errors import UsageError


def test_an_address_without_options_is_an_endless_camera():
    assert demo_options("demo://") == DemoOptions()
    assert DemoOptions().live
    assert DemoOptions().seconds is None


def test_all_options():
    options = demo_options("demo://?faces=2&fps=12.5&seconds=4&size=320x240&seed=7&each=1.5&pace=file")
    assert options == DemoOptions(2, 12.5, 4.0, (320, 240), 7, 1.5, live=False)


def test_size_and_rate_may_be_asked_for_as_of_any_camera():
    options = demo_options("demo://?faces=2", Asked((320, 240), 15.0))
    assert (options.size, options.fps) == ((320, 240), 15.0)


@pytest.mark.parametrize(
    ("uri", "asked", "message"),
    [
        ("demo://?face=2", Asked(), r"demo:// has no option 'face'\. did you mean faces=\?"),
        ("demo://?faces=two", Asked(), "faces=two is no number from 0 to 100"),
        ("demo://?faces=1.5", Asked(), "faces=1.5 is no whole number"),
        ("demo://?faces=1&faces=2", Asked(), "stands twice"),
        ("demo://?fps=", Asked(), "has no value"),
        ("demo://?fps=nan", Asked(), "fps=nan is no number"),
        ("demo://?size=big", Asked(), "'big' is no size"),
        ("demo://?size=0x5", Asked(), "size 0x5 is out of range"),
        ("demo://?pace=slow", Asked(), "use pace=camera or pace=file"),
        ("demo://?size=64x48", Asked((64, 48)), "exclude each other"),
        ("demo://", Asked(codec=Codec.MJPG), "has no codec"),
    ],
)
def test_what_an_address_cannot_mean_is_wrong_usage(uri, asked, message):
    with pytest.raises(UsageError, match=message):
        demo_options(uri, asked)


def test_a_film_gives_every_frame_without_waiting():
    started = time.monotonic()
    with open_source(uri="demo://?pace=file&seconds=60&fps=1&size=64x48&faces=1") as source:
        frames = list(source)
    assert time.monotonic() - started < 30
    assert [frame.index for frame in frames] == list(range(60))
    assert [frame.time for frame in frames] == list(range(60))
    assert all(frame.captured is None and frame.dropped == 0 for frame in frames)
    assert isinstance(source, DemoCamera)
    assert [source.acted(frame)[0].emotion for frame in frames[:3]] == ["neutral"] * 3
    assert np.array_equal(frames[7].picture, source.scene.draw(7.0))


def test_a_film_ends_by_itself():
    assert demo_options("demo://?pace=file").seconds == 20


def test_a_camera_keeps_the_pace_of_the_clock():
    with open_source(uri="demo://?seconds=0.5&fps=20&size=64x48&faces=0") as source:
        started = time.monotonic()
        frames = list(source)
        passed = time.monotonic() - started
    assert passed >= 0.44, "the last of ten frames is due after 9/20 s"
    assert frames[-1].time == pytest.approx(9 / 20), "the last one is never dropped"
    assert all(frame.captured is not None and frame.captured >= started for frame in frames)
    assert len(frames) + frames[-1].dropped == 10


def test_a_slow_reader_gets_the_newest_frame_and_the_drops_counted():
    with open_source(uri="demo://?fps=100&size=64x48&faces=0") as source:
        frames = iter(source)
        assert next(frames).time == 0
        time.sleep(0.2)
        late = next(frames)
    assert late.index == 1
    assert late.time >= 0.2
    assert late.dropped == round(late.time * 100) - 1 >= 19
    age = late.age_ms
    assert age is not None
    assert age >= 0


def test_stop_ends_a_wait():
    with open_source(uri="demo://?fps=0.02&size=64x48&faces=0") as source:
        frames = iter(source)
        next(frames)
        threading.Timer(0.05, source.stop).start()
        assert list(frames) == [], "the next frame would have been due after 50 s"


def test_it_says_that_it_is_drawn():
    with open_source(uri="demo://?seconds=5&size=320x240") as source:
        assert source.description == "demo camera (drawn faces), 320x240 at 30 fps for 5 s"
        assert source.fps == 30


def test_its_own_detector_finds_everybody_in_the_newest_frame():
    with open_source(uri="demo://?faces=2&pace=file&fps=1&size=320x240") as camera:
        detector = camera.detector()
        assert detector is not None
        for frame in camera:
            found = [face.box for face in detector.detect(frame.picture)]
            assert found == [one.box for one in camera.acted(frame)]
    assert found != [one.box for one in camera.scene.acted(0.0)], "they have moved"


@pytest.mark.parametrize(("address", "endless"), [("demo://", True), ("demo://?seconds=2", False)])
def test_whether_it_ends_by_itself(address, endless):
    with open_source(uri=address) as camera:
        assert camera.endless is endless
