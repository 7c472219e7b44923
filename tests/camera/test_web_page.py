"""The page in a real browser."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import numpy as np
import pytest

from edgefer.camera import web_handler
from edgefer.camera.frame import Frame, Source
from edgefer.camera.interval import Interval
from edgefer.camera.marks import MarkKind, Marks, Placed
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.web import Web, WebIntervals
from edgefer.camera.yunet import FILE
from tests.chromium import Browser

ODD = "</script><b>odd</b>"
LABELS = ("happy", "sad", ODD)
SCRIPT = (*LABELS, "happy")


class Camera(Source):
    description = "a <test> camera"
    fps = None

    def __iter__(self):
        return iter(())


def reading(index, people, uncertain=False, track=True):
    faces = tuple(
        FaceReading(
            (8 * number, 8, 40, 40), SCRIPT[index // 20 % 4], 0.7, dict.fromkeys(LABELS, 0.7), 0.9,
            number if track else None, uncertain=uncertain,
        )
        for number in range(1, people + 1)
    )  # fmt: skip
    frame = Frame(index, index / 10, np.full((90, 160, 3), index % 256, np.uint8), 1.0, dropped=index)
    return FrameReading(frame, faces, 12.0, 20.0)


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with Browser(tmp_path_factory.mktemp("profile")) as opened:
        yield opened


@pytest.fixture
def browser(chromium):
    chromium.fresh()
    yield chromium
    assert chromium.complaints == []


@contextmanager
def shown(make, marks=None):
    """A page that gets `make(index)` twenty times a second; yields its sink and a dictionary to change `people` in."""
    sink = Web(Camera(), LABELS, 0, marks=marks)
    over = threading.Event()
    now = {"index": 0, "people": 1}

    def feed():
        while not over.wait(0.05):
            sink.take(make(now["index"], now["people"]))
            now["index"] += 1

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        yield sink, now
    finally:
        over.set()
        thread.join()
        sink.close()


def until(selector):
    return f"Number(document.querySelector('{selector}')?.dataset.until)"


def test_a_run_of_the_demo_camera(browser, shared, tmp_path):
    command = [
        sys.executable, "-m", "edgefer", "run", "--source", "demo://?faces=2&fps=10&each=2", "--web", "0", "--headless",
        "--threads", "1", "--detector-model", str(shared / "models" / FILE), "--detect-width", "320",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            url = next(line for line in process.stderr if line.startswith("live view: ")).split()[-1]
            browser.open(url)
            browser.until("document.querySelectorAll('.lane').length === 2 && count.textContent === '2'")
            assert browser.value("[...document.querySelectorAll('.lane h3 span')].map((s) => s.textContent)") == [
                "Person 1",
                "Person 2",
            ]
            browser.until("document.getElementById('picture').naturalWidth === 640")
            before, source = browser.value(until(".lane svg")), browser.value("picture.src")
            browser.until(f"{until('.lane svg')} > {before + 2} && picture.src !== '{source}'")
            assert browser.value("document.querySelectorAll('.lane .area').length") >= 2
            browser.until(
                "document.querySelector('.lane svg').getAttribute('aria-label').includes('in the last minute')"
            )
            assert browser.text("#connection") == "live"
            browser.until("state.textContent.startsWith('2 in view: Person 1')")
            process.send_signal(signal.SIGTERM)
            browser.until("connection.textContent === 'the run has ended'")
            said = process.stderr.read()
            assert process.wait(20) == 0
            assert "frames written: 0; files made: none" in said
            assert "Traceback" not in said
        finally:
            process.kill()


def test_the_timeline_shows_what_was_read(browser):
    with shown(lambda index, people: reading(index, people)) as (sink, now):
        browser.open(sink.access.url)
        browser.until(f"{until('.lane svg')} > 7")
        words = browser.value("[...document.querySelectorAll('.lane .area')].map((area) => area.getAttribute('fill'))")
        assert set(words) >= {"#ffd73c", "#5aaaff", "#c8c8c8"}
        assert browser.text(".lane b") in {"happy 70 %", "sad 70 %", f"{ODD} 70 %"}
        assert browser.text(".source") == "a <test> camera"
        assert browser.value("document.querySelectorAll('b b').length") == 0
        now["people"] = 0
        browser.until("document.querySelector('.lane b').textContent === 'not in view' && count.textContent === '0'")
        now["people"] = 20
        browser.until("document.querySelectorAll('.lane').length === 16 && !more.hidden")
        assert browser.text("#more").startswith("and 4 more")


def mark_lines(where):
    return f"document.querySelectorAll('{where} .mark').length"


def test_marks_of_a_session(browser, tmp_path):
    marks = Marks(tmp_path)
    with shown(lambda index, people: reading(index, people), marks) as (sink, now):
        browser.open(sink.access.url)
        browser.until("document.querySelector('.lane .area')")
        assert browser.value("marks.hasAttribute('hidden')")
        now["people"] = 2
        marks.placed.append(Placed(now["index"] / 10, ODD, MarkKind.TASK))
        browser.until(f"{mark_lines('#marks')} === 1 && {mark_lines('.lane')} === 2")
        assert browser.text("#marks text") == ODD
        assert browser.value("document.querySelectorAll('b b').length") == 0
        browser.until("(marks.getAttribute('aria-label') ?? '').startsWith('Marks: </script>')")
        place = "Number(document.querySelector('#marks line').getAttribute('x1')) / marks.clientWidth"
        before = browser.value(place)
        assert 0.5 < before <= 1, "newest at the right"
        browser.until(f"{place} < {before}")
        marks.placed.append(Placed(now["index"] / 10, "x" * 200, MarkKind.NOTE))
        browser.until(f"{mark_lines('#marks')} === 2")
        assert browser.text("#marks text").endswith("x…"), "the newer one where both do not fit"
        browser.size(320, 640)
        assert browser.value("document.documentElement.scrollWidth") == 320


def test_a_mark_from_another_terminal(browser, tmp_path, cli):
    command = [
        sys.executable, "-m", "edgefer", "run", "--source", "demo://?fps=10", "--web", "0", "--headless", "--threads", "1",
        "--detector", "none", "--session", "anna",
    ]  # fmt: skip
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        try:
            browser.open(next(line for line in process.stderr if line.startswith("live view: ")).split()[-1])
            browser.until("document.querySelector('.lane .area')")
            assert cli("mark", "task 2 starts").code == 0
            browser.until("document.querySelector('#marks text')?.textContent === 'task 2 starts'")
        finally:
            process.kill()
            process.communicate()
        browser.until("connection.dataset.state === 'lost'")
        browser.complaints.clear()  # the connection that was killed


def test_uncertain_and_pictures_that_stand_alone(browser):
    with shown(lambda index, people: reading(index, people, uncertain=True, track=False)) as (sink, _):
        browser.open(sink.access.url)
        browser.until("document.querySelector('.lane .area')?.getAttribute('fill') === 'url(#hatch)'")
        assert browser.text(".lane h3 span") == "Face 1"
        assert browser.text(".lane b") == "uncertain"


def test_keys_alone_pause_it_and_hide_the_picture(browser):
    with shown(lambda index, people: reading(index, people)) as (sink, _):
        browser.open(sink.access.url)
        browser.until("document.querySelector('.lane .area') && picture.naturalWidth")
        browser.press("Tab", 9)
        assert browser.value("document.activeElement.id") == "pause"
        browser.press("Enter", 13, "\r")
        assert browser.value("pause.getAttribute('aria-pressed')") == "true"
        before = browser.value(until(".lane svg"))
        time.sleep(0.5)
        assert browser.value(until(".lane svg")) == before
        made = sink._view._server.RequestHandlerClass.site.pictures
        settled(lambda: made._number)
        browser.press("Enter", 13, "\r")
        browser.until(f"{until('.lane svg')} > {before}")
        browser.press("Tab", 9)
        browser.press("Enter", 13, "\r")
        assert browser.value("document.querySelector('.frame').hidden && hide.getAttribute('aria-pressed')") == "true"
        settled(lambda: made._number)
        browser.until(f"{until('.lane svg')} > {browser.value(until('.lane svg'))}")
        browser.press("Enter", 13, "\r")
        before = made._number
        browser.until("!document.querySelector('.frame').hidden")
        end = time.monotonic() + 20
        while made._number == before:
            assert time.monotonic() < end, "pictures are made again"
            time.sleep(0.02)


def settled(value, seconds=20.0):
    """Fail unless a value stops changing."""
    end = time.monotonic() + seconds
    while True:
        before = value()
        time.sleep(1)
        if value() == before:
            return
        assert time.monotonic() < end, "pictures are made that nobody sees"


def test_words_for_screen_readers_do_not_pour_out(browser):
    with shown(lambda index, people: reading(index, index // 8 % 3)) as (sink, _):
        browser.open(sink.access.url)
        browser.until("state.textContent")
        browser.value(
            "window.spoken = []; new MutationObserver(() => spoken.push(performance.now()))"
            ".observe(document.getElementById('state'), {childList: true}); 0"
        )
        time.sleep(4.5)
        assert browser.value("spoken.length") <= 1, "eleven other states were there meanwhile"
        assert browser.value("state.getAttribute('aria-live')") == "polite"


def test_light_dark_phone_and_calm(browser):
    with shown(lambda index, people: reading(index, 2)) as (sink, _):
        browser.prefer(color_scheme="light")
        browser.open(sink.access.url)
        browser.until("document.querySelector('.lane .area')")
        page = "getComputedStyle(document.body).backgroundColor"
        light = browser.value(page)
        browser.prefer(color_scheme="dark")
        assert (light, browser.value(page)) == ("rgb(255, 255, 255)", "rgb(22, 25, 29)")
        browser.size(320, 640)
        assert browser.value("document.documentElement.scrollWidth") == 320
        columns = "getComputedStyle(document.querySelector('main')).gridTemplateColumns.split(' ').length"
        assert browser.value(columns) == 1
        browser.prefer(reduced_motion="reduce")
        browser.value(
            "window.steps = []; new MutationObserver(() => steps.push(performance.now())).observe("
            "document.querySelector('.lane svg'), {attributes: true, attributeFilter: ['data-until']}); 0"
        )
        browser.until("steps.length >= 3")
        times = browser.value("steps")
        assert min(times[1] - times[0], times[2] - times[1]) > 500, "a step a second; ten otherwise"


def test_the_next_run_on_the_port_is_followed(browser, monkeypatch):
    monkeypatch.setattr(web_handler, "WAIT", 0.2)
    with shown(lambda index, people: reading(index, people)) as (sink, _):
        browser.open(sink.access.url)
        browser.until("document.querySelector('.lane .area')")
        # As when the run is killed: nobody tells the viewers that it has ended.
        sink._view._newest.put = lambda item: None
        server = sink._view._server
        server.close()
        browser.until("connection.dataset.state === 'lost'")
        browser.value("window.before = true; 0")
        with_other_people = Web(Camera(), LABELS, server.port)
        try:
            with_other_people.take(reading(0, 3))
            browser.until("window.before === undefined && document.querySelectorAll('.lane').length === 3")
        finally:
            with_other_people.close()
            browser.complaints.clear()  # refused connections, which are meant


def test_a_silent_source_is_told(browser):
    sink = Web(Camera(), LABELS, 0)
    try:
        browser.open(sink.access.url)
        browser.until("connection.textContent === 'waiting for the first frame'")
        sink.take(reading(0, 1))
        browser.until("connection.textContent === 'live'")
        browser.until("connection.textContent === 'no new frame: the source is silent'")
    finally:
        sink.close()


def test_intervals(browser, tmp_path):
    marks = Marks(tmp_path)
    sink = WebIntervals(Camera(), LABELS, 0, marks=marks)
    try:
        browser.open(sink.access.url)
        sink.take(Interval(0.0, 5.0, 100, 120, 2, (("happy", 90), ("sad", 18), (ODD, 0))))
        browser.until("document.querySelectorAll('#columns rect').length === 4")
        assert browser.text("#state") == "second 0 to 5: at most 2 faces at once; happy 75 %, sad 15 %, uncertain 10 %"
        assert browser.value("columns.getAttribute('aria-label')") == browser.text("#state")
        assert browser.value("document.querySelectorAll('img').length") == 0
        assert "Person" not in browser.value("document.body.innerText")
        assert browser.value("marks.hasAttribute('hidden')")
        marks.placed.append(Placed(7.0, "task 1", MarkKind.TASK))
        sink.take(Interval(5.0, 5.0, 100, 0, 0, ()))
        browser.until("start.textContent === '5'")
        assert browser.text("#marks text") == "task 1"
        place = "Number(document.querySelector('#marks line').getAttribute('x1')) / marks.clientWidth"
        assert browser.value(place) == pytest.approx(47 / 48), "at its column"
        assert browser.value("marks.getAttribute('aria-label')") == "Marks: task 1, 3 s ago"
        browser.size(320, 640)
        assert browser.value("document.documentElement.scrollWidth") == 320
    finally:
        sink.close()
    browser.until("connection.textContent === 'the run has ended'")
