from __future__ import annotations

import shutil
import socket
import subprocess
import sys
import time

import numpy as np
import pytest

from edgefer.camera import window
from edgefer.camera.frame import Frame, Source
from edgefer.camera.reading import FrameReading
from edgefer.camera.window import Window, why_headless


@pytest.fixture(autouse=True)
def linux_with_qt(monkeypatch):
    monkeypatch.setattr(window.sys, "platform", "linux")
    monkeypatch.setattr(window, "toolkit", lambda: "QT5")
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


def test_no_display(monkeypatch):
    assert why_headless() == "there is no display (DISPLAY is not set)"
    monkeypatch.setenv("DISPLAY", "")
    assert why_headless()


def test_opencv_without_windows(monkeypatch):
    monkeypatch.setattr(window, "toolkit", lambda: "NONE")
    assert "without windows" in why_headless()


def test_qt_of_the_wheels_cannot_do_wayland(monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert "X11 only" in why_headless()
    monkeypatch.setattr(window, "toolkit", lambda: "GTK3")
    assert why_headless() == ""


@pytest.mark.parametrize("display", [":4099", "unix:4099.0", "127.0.0.1:3099.0"])
def test_a_display_that_nobody_serves(monkeypatch, display):
    monkeypatch.setenv("DISPLAY", display)
    assert why_headless() == f"no X server answers at DISPLAY={display}"


def test_a_display_that_answers(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as server:
        number = server.getsockname()[1] - 6000
        monkeypatch.setenv("DISPLAY", f"127.0.0.1:{number}.0")
        assert why_headless() == ""


def test_the_toolkit_is_read_from_the_build(monkeypatch):
    monkeypatch.undo()
    assert window.toolkit() in {"QT5", "QT6", "NONE", "GTK2", "GTK3", "QT"}


class Clip(Source):
    continuous = True

    def __iter__(self):
        raise NotImplementedError


class Still(Clip):
    continuous = False


def reading(time, **frame):
    return FrameReading(Frame(0, time, np.zeros((48, 64, 3), np.uint8), **frame), ())


class Screen:
    """Stands for cv2's window functions, which need a display: keys come from a list, None is no key."""

    error = RuntimeError
    WINDOW_NORMAL = WINDOW_KEEPRATIO = WND_PROP_VISIBLE = 0

    def __init__(self, *keys):
        self.keys, self.shown, self.visible, self.size = list(keys), [], 1.0, None

    def imshow(self, _title, picture):
        self.shown.append(picture)

    def waitKey(self, _delay):
        time.sleep(0.001)
        key = self.keys.pop(0) if self.keys else None
        return -1 if key is None else ord(key)

    def getWindowProperty(self, *_):
        return self.visible

    def namedWindow(self, *_):
        pass

    def resizeWindow(self, _title, *size):
        self.size = size

    def destroyAllWindows(self):
        pass


@pytest.fixture
def screen(monkeypatch):
    monkeypatch.setattr(window, "draw", lambda reading, note="": note or reading.frame.picture)

    def make(*keys):
        fake = Screen(*keys)
        monkeypatch.setattr(window, "quiet", lambda: fake)
        return fake

    return make


def test_keys(screen):
    screen("x", "q", "\x1b")
    view = Window(Clip())
    assert view.take(reading(0.0))
    assert not view.take(reading(0.0))
    assert not view.take(reading(0.0))


def test_keys_of_a_session_set_its_marks(screen):
    class Marks:
        def __init__(self):
            self.keys = []

        def key(self, code):
            self.keys.append(chr(code))

    screen("1", "x", None, "q")
    marks = Marks()
    view = Window(Clip(), marks)
    assert [view.take(reading(0.0)) for _ in range(4)] == [True, True, True, False]
    assert marks.keys == ["1", "x", "q"]


def test_keys_are_taken_while_a_source_is_lost(screen):
    fake = screen("x", "x", "q")
    source = Clip()
    view = Window(source)
    source.idle()
    assert len(fake.keys) == 3, "no window yet"
    view.take(reading(0.0, captured=1.0))
    source.idle()
    assert not source.stopped
    source.idle()
    assert source.stopped


def test_a_window_that_is_closed_while_the_source_is_lost(screen):
    fake = screen()
    source = Clip()
    Window(source).take(reading(0.0, captured=1.0))
    fake.visible = 0.0
    source.idle()
    assert source.stopped


def test_a_closed_window_ends_the_run(screen):
    fake = screen()
    view = Window(Clip())
    assert view.take(reading(0.0))
    fake.visible = 0.0
    assert not view.take(reading(60.0))


def test_a_video_plays_at_its_own_speed(screen):
    screen()
    view = Window(Clip())
    view.take(reading(0.0))
    start = time.monotonic()
    view.take(reading(0.2))
    assert time.monotonic() - start > 0.1
    assert view.take(reading(999.0, captured=1.0)), "a live frame never waits"


def test_a_picture_stays_until_a_key(screen):
    fake = screen(None, None, None, "n", None, "q")
    view = Window(Still())
    assert view.take(reading(0.0))
    assert len(fake.keys) == 2
    assert not view.take(reading(1.0))


def test_a_signal_ends_the_wait_for_a_key(screen):
    screen()
    source = Still()
    source.stop()
    assert Window(source).take(reading(0.0))


def test_space_halts_a_video_and_lets_it_go_on_at_its_speed(screen):
    fake = screen(None, " ", *[None] * 200, "x", " ")
    view = Window(Clip())
    assert view.take(reading(0.0))
    before = time.monotonic()
    assert view.take(reading(0.01))
    assert time.monotonic() - before > 0.2, "it waits for the second space, and for that key alone"
    assert fake.keys == []
    assert [shown for shown in fake.shown if isinstance(shown, str)] == ["paused: space goes on"]
    before = time.monotonic()
    view.take(reading(0.8))  # far enough ahead for a busy machine
    assert time.monotonic() - before > 0.1, "the pause counts for nothing"


@pytest.mark.parametrize("end", ["q", "\x1b"])
def test_a_halted_video_can_be_ended(screen, end):
    screen(" ", None, end)
    assert not Window(Clip()).take(reading(0.0))


def test_a_signal_ends_a_pause(screen):
    class Stopping(Clip):
        stopped = property(lambda self: len(fake.keys) < 5, lambda self, value: None)

    fake = screen(" ", *[None] * 10)
    assert Window(Stopping()).take(reading(0.0))
    assert 0 < len(fake.keys) < 5


def test_a_live_source_and_pictures_are_not_halted(screen):
    fake = screen(" ", " ")
    assert Window(Clip()).take(reading(0.0, captured=1.0))
    assert Window(Still()).take(reading(0.0))
    assert not any(isinstance(shown, str) for shown in fake.shown)


@pytest.mark.parametrize(
    ("shape", "size"),
    [((480, 640), (640, 480)), ((2160, 3840), (1280, 720)), ((3840, 2160), (450, 800)), ((1, 1), (320, 240))],
)
def test_a_window_fits_on_a_screen(screen, shape, size):
    fake = screen()
    Window(Clip()).take(FrameReading(Frame(0, 0.0, np.zeros((*shape, 3), np.uint8)), ()))
    assert fake.size == size


def test_marks_get_the_keys_also_during_a_pause(screen):
    class Marks:
        keys = ""

        def key(self, code):
            self.keys += chr(code)

    marks = Marks()
    screen("1", " ", "m", " ")
    view = Window(Clip(), marks)
    view.take(reading(0.0))
    view.take(reading(0.0))
    assert marks.keys == "1 m "


SHOW = """
import numpy as np
from edgefer.camera.frame import Frame, Source
from edgefer.camera.reading import FrameReading
from edgefer.camera.window import Window, why_headless

class Clip(Source):
    def __iter__(self):
        return iter(())

assert why_headless() == "", why_headless()
view = Window(Clip())
for index in range(3):
    assert view.take(FrameReading(Frame(index, 0.0, np.zeros((48, 64, 3), np.uint8)), ()))
view.close()
print("shown")
"""


@pytest.mark.skipif(shutil.which("xvfb-run") is None, reason="needs xvfb-run")
def test_a_real_window_on_a_virtual_display(monkeypatch):
    monkeypatch.undo()
    if window.toolkit() == "NONE":
        pytest.skip("this OpenCV is built without windows")
    command = ["xvfb-run", "-a", sys.executable, "-c", SHOW]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (result.stdout.strip(), result.stderr) == ("shown", "")
