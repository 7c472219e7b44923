from __future__ import annotations

import http.client
import json
import socket
import threading
import time

import numpy as np
import pytest

from edgefer.camera import web as web_module
from edgefer.camera import web_handler, web_server
from edgefer.camera.frame import Frame, Source
from edgefer.camera.interval import Interval
from edgefer.camera.loop import NOTICE
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.web import FILM, Web, WebIntervals
from edgefer.errors import BackendError, UsageError

LABELS = ("happy", "sad")


class Camera(Source):
    description = "a <test> camera"
    fps = None

    def __iter__(self):
        return iter(())


def reading(index, emotion="happy", shape=(48, 64), live=True):
    face = FaceReading((8, 8, 16, 16), emotion, 0.7, {"happy": 0.7, "sad": 0.3}, 0.9, 1)
    rng = np.random.default_rng(index)
    pixels = rng.integers(0, 256, (*shape, 3), np.uint8)
    return FrameReading(Frame(index, index / 10, pixels, 1.0 if live else None), (face,), 5.0 if live else None, 10.0)


@pytest.fixture
def hasty(monkeypatch):
    """Named before `web`, whose patience it shortens."""
    monkeypatch.setattr(web_handler, "PATIENCE", 0.4)


@pytest.fixture
def web():
    sink = Web(Camera(), LABELS, 0)
    yield sink
    sink.close()


def ask(sink, path="", method="GET", headers=None, token=True):
    connection = http.client.HTTPConnection("127.0.0.1", sink.access.port, timeout=20)
    connection.request(method, (sink.access.root if token else "/") + path, headers=headers or {})
    answer = connection.getresponse()
    answer.body = answer.read() if answer.getheader("Content-Type") != "text/event-stream" else b""
    if answer.body or method == "HEAD":
        connection.close()
    return answer


def raw(sink, data, wait=20.0):
    """The bytes that come back for these bytes."""
    with socket.create_connection(("127.0.0.1", sink.access.port), timeout=wait) as client:
        client.sendall(data)
        client.shutdown(socket.SHUT_WR)
        answer = b""
        while part := client.recv(1 << 16):
            answer += part
        return answer


class Stream:
    """A viewer of the events."""

    def __init__(self, sink):
        self.socket = socket.create_connection(("127.0.0.1", sink.access.port), timeout=20)
        self.socket.sendall(f"GET {sink.access.root}events HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        self.lines = self.socket.makefile("rb")
        self.status = int(self.lines.readline().split()[1])

    def next(self, kind=b"data: "):
        while line := self.lines.readline():
            if line.startswith(kind):
                return line[len(kind) :].strip()
        return None

    def close(self):
        self.lines.close()
        self.socket.close()


def until(true, seconds=20.0):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def connections(sink):
    return sink._view._server.connections


def test_the_page_tells_whom_it_concerns_and_asks_nobody_else(web):
    answer = ask(web)
    text = answer.body.decode()
    assert answer.status == 200
    assert NOTICE in text
    assert "a &lt;test&gt; camera" in text
    assert "http" not in text.replace("http-equiv", ""), "nothing from elsewhere"
    for name in ("page.css", "people.js", "icon.svg"):
        assert f'"{name}"' in text
        assert ask(web, name).status == 200
    assert ask(web, "people.js").getheader("Content-Type") == "text/javascript; charset=utf-8"


def test_the_page_tells_whether_pictures_are_stored(web):
    assert "This page stores nothing; no picture is stored." in ask(web).body.decode()
    recording = Web(Camera(), LABELS, 0, kept=FILM)
    try:
        assert "This page stores nothing; pictures are recorded." in ask(recording).body.decode()
    finally:
        recording.close()


def test_every_answer_forbids_others_to_use_it(web):
    web.take(reading(0))
    for path in ("", "page.css", "picture.jpg", "nothing"):
        answer = ask(web, path)
        assert "default-src 'none'" in answer.getheader("Content-Security-Policy")
        assert "frame-ancestors 'none'" in answer.getheader("Content-Security-Policy")
        assert answer.getheader("Cache-Control") == "no-store"
        assert answer.getheader("Cross-Origin-Resource-Policy") == "same-origin"
        assert answer.getheader("X-Content-Type-Options") == "nosniff"
        assert answer.getheader("Access-Control-Allow-Origin") is None
        assert "Python" not in answer.getheader("Server")


def test_the_newest_picture_once(web):
    for index in range(5):
        web.take(reading(index))
    answer = ask(web, "picture.jpg?after=0")
    assert answer.body.startswith(b"\xff\xd8")
    assert (answer.getheader("Content-Type"), answer.getheader("Picture-Number")) == ("image/jpeg", "5")
    threading.Timer(0.2, web.take, [reading(5)]).start()
    assert ask(web, "picture.jpg?after=5").getheader("Picture-Number") == "6"


def test_no_news_is_an_answer_too(web, monkeypatch):
    monkeypatch.setattr(web_handler, "WAIT", 0.05)
    assert ask(web, "picture.jpg?after=0").status == 204


@pytest.mark.parametrize(
    "query", ["after=", "after=x", "after=-1", "after=1e9", "after=²", "after=" + "9" * 40, "before=1"]
)
def test_a_number_that_is_none(web, query):
    from urllib.parse import quote

    assert ask(web, f"picture.jpg?{quote(query, safe='=')}").status == 400


def test_events_tell_the_newest_and_then_the_end(web):
    stream = Stream(web)
    assert stream.status == 200
    assert len(stream.next()) == 16, "the run"
    web.take(reading(0))
    assert json.loads(stream.next())["faces"] == [{"track": 1, "emotion": "happy", "score": 0.7}]
    for index in range(1, 50):
        web.take(reading(index, "sad" if index == 49 else "happy"))
    times = [json.loads(stream.next())["time"]]
    if times[0] != 4.9:
        times.append(json.loads(stream.next())["time"])
    assert times[-1] == 4.9, "those between are left out"
    web._view._newest.end()
    assert stream.next(b"event: ") == b"end"
    assert stream.lines.read().strip().endswith(b"data:")


def test_a_viewer_who_leaves_is_forgotten(web, monkeypatch, capfd):
    monkeypatch.setattr(web_handler, "WAIT", 0.05)
    stream = Stream(web)
    stream.next()
    assert connections(web) == 1
    stream.close()
    until(lambda: connections(web) == 0)
    half = socket.create_connection(("127.0.0.1", web.access.port))
    half.sendall(b"GET / HTT")
    until(lambda: connections(web) == 1)
    half.close()
    until(lambda: connections(web) == 0)
    assert capfd.readouterr().err == ""


def test_a_viewer_who_never_reads_holds_nobody_up_and_is_left(hasty, web, capfd):
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect(("127.0.0.1", web.access.port))
    lazy.sendall(b"GET /picture.jpg?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    stream = Stream(web)
    start = time.monotonic()
    taken = 0
    while connections(web) == 2:
        web.take(reading(taken, shape=(480, 640)))
        taken += 1
        assert time.monotonic() - start < 30
    assert taken > 3, "the loop went on"
    assert stream.next() is not None, "and so did the other viewer"
    lazy.close()
    stream.close()
    assert capfd.readouterr().err == ""


def test_a_client_that_sends_nothing_is_left(hasty, web):
    with socket.create_connection(("127.0.0.1", web.access.port), timeout=20) as silent:
        assert silent.recv(1) == b""
    until(lambda: connections(web) == 0)


def test_the_ninth_viewer_is_told(web):
    streams = [Stream(web) for _ in range(web_handler.VIEWERS)]
    ninth = ask(web, "events")
    assert (ninth.status, ninth.getheader("Retry-After")) == (503, "5")
    assert b"8 viewers are here already" in ninth.body
    streams.pop().close()
    web.take(reading(0))
    until(lambda: Stream(web).status == 200)
    for stream in streams:
        stream.close()


def test_more_connections_than_are_served(web, monkeypatch):
    monkeypatch.setattr(web_server, "CONNECTIONS", 3)
    held = [socket.create_connection(("127.0.0.1", web.access.port)) for _ in range(3)]
    until(lambda: connections(web) == 3)
    assert raw(web, b"").startswith(b"HTTP/1.1 503 ")
    for client in held:
        client.close()
    until(lambda: connections(web) == 0)
    assert ask(web).status == 200


def test_many_viewers_at_once_and_one_picture_for_all(web):
    found = []
    until_all = threading.Barrier(12)

    def look():
        until_all.wait()
        found.append(ask(web, "picture.jpg?after=0"))

    viewers = [threading.Thread(target=look) for _ in range(12)]
    for viewer in viewers:
        viewer.start()
    web.take(reading(0, shape=(480, 640)))
    for viewer in viewers:
        viewer.join(30)
    assert {answer.status for answer in found} == {200}
    assert len({answer.body for answer in found}) == 1


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n", 200),
        (b"HEAD /events HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\nHost: 192.168.1.9\r\n\r\n", 403),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: localhost\r\n\r\n", 400),
        (b"GET /\r\n\r\n", 400),
        (b"GET / HTTP/9.9\r\nHost: localhost\r\n\r\n", 505),
        (b"GET / HTTP/x\r\nHost: localhost\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 405),
        (b"OPTIONS / HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"DELETE /events HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", 501),
        (b"GET /../web.py HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /%2e%2e/web.py HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET //etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /people.html HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /favicon.ico HTTP/1.1\r\nHost: localhost\r\n\r\n", 404),
        (b"GET /page.css HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: no-cors\r\n\r\n", 403),
        (b"GET /events HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: same-site\r\nSec-Fetch-Mode: cors\r\n\r\n", 403),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\n\r\n", 200),
    ],
)  # fmt: skip
def test_requests_that_are_wrong_get_their_code(web, request_, code, capfd):
    answer = raw(web, request_)
    assert answer.startswith(f"HTTP/1.1 {code} ".encode()), answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1, "one answer, and nothing of the body taken for a request"
    assert b"Content-Security-Policy" in answer
    assert b"<html>" not in answer
    assert ask(web).status == 200, "others are served as before"
    assert "Traceback" not in capfd.readouterr().err


def test_methods_that_are_allowed_are_named(web):
    assert ask(web, method="POST").getheader("Allow") == "GET, HEAD"
    assert ask(web, "picture.jpg", method="HEAD").getheader("Allow") == "GET"
    assert ask(web, method="HEAD").body == b""


def test_one_connection_serves_many_requests(web):
    connection = http.client.HTTPConnection("127.0.0.1", web.access.port, timeout=20)
    for index in range(3):
        web.take(reading(index))
        connection.request("GET", f"/picture.jpg?after={index}")
        assert connection.getresponse().read().startswith(b"\xff\xd8")
    assert connections(web) == 1
    connection.close()


def test_others_need_the_token(capfd):
    sink = Web(Camera(), LABELS, 0, "0.0.0.0")
    try:
        said = capfd.readouterr().err.splitlines()
        assert said[0].startswith("warning: everybody who has this link")
        assert said[1] == f"live view: {sink.access.url}"
        assert ask(sink).status == 200
        assert ask(sink, "page.css").status == 200
        for path in ("", "page.css", "events", "picture.jpg", "x" * 22 + "/"):
            assert ask(sink, path, token=False).status == 403
        moved = ask(sink, sink.access.token, token=False)
        assert (moved.status, moved.getheader("Location")) == (308, sink.access.root)
        assert ask(sink, headers={"Host": "evil.example"}).status == 403
    finally:
        sink.close()


def test_a_port_that_is_taken(web):
    with pytest.raises(BackendError) as caught:
        Web(Camera(), LABELS, web.access.port)
    assert str(caught.value) == (
        f"port {web.access.port} of 127.0.0.1 is taken by another program. end that one, or use another: "
        f"--web {web.access.port + 1}; --web 0 takes any free one"
    )


def test_a_place_on_another_machine():
    with pytest.raises(UsageError, match=r"198\.51\.100\.7 is not an address of this machine"):
        Web(Camera(), LABELS, 0, "198.51.100.7")


def test_closing_ends_viewers_idle_clients_and_threads_and_frees_the_port(monkeypatch):
    monkeypatch.setattr(web_handler, "PATIENCE", 600.0)  # with a client that does not read
    before = set(threading.enumerate())
    sink = Web(Camera(), LABELS, 0)
    stream, waiting = Stream(sink), http.client.HTTPConnection("127.0.0.1", sink.access.port, timeout=20)
    waiting.request("GET", "/picture.jpg?after=0")
    idle = http.client.HTTPConnection("127.0.0.1", sink.access.port, timeout=20)
    idle.request("GET", "/page.css")
    idle.getresponse().read()
    lazy = socket.socket()
    lazy.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    lazy.connect(("127.0.0.1", sink.access.port))
    lazy.sendall(b"GET /picture.jpg?after=0 HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
    until(lambda: connections(sink) == 4)
    for index in range(20):
        sink.take(reading(index, shape=(480, 640)))
        time.sleep(0.01)
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 20
    assert stream.next(b"event: end") == b""
    until(lambda: set(threading.enumerate()) <= before)
    with socket.create_server(("127.0.0.1", sink.access.port)):
        pass
    for client in (stream, waiting, idle, lazy):
        client.close()


def test_closing_does_not_wait_for_clients_that_could_ask_more(monkeypatch):
    monkeypatch.setattr(web_server, "GRACE", 60.0)
    monkeypatch.setattr(web_handler, "PATIENCE", 600.0)
    sink = Web(Camera(), LABELS, 0)
    idle = http.client.HTTPConnection("127.0.0.1", sink.access.port, timeout=20)
    idle.request("GET", "/page.css")
    idle.getresponse().read()
    start = time.monotonic()
    sink.close()
    assert time.monotonic() - start < 30
    idle.close()


def test_closing_lets_an_answer_that_has_begun_be_finished(monkeypatch):
    begun = threading.Event()

    def slow(item):
        begun.set()
        time.sleep(0.5)
        return b"the whole picture"

    monkeypatch.setattr(web_module, "jpeg", slow)
    monkeypatch.setattr(web_server, "GRACE", 60.0)
    sink = Web(Camera(), LABELS, 0)
    sink.take(reading(0))
    found = []
    viewer = threading.Thread(target=lambda: found.append(ask(sink, "picture.jpg").body))
    viewer.start()
    begun.wait(20)
    sink.close()
    viewer.join(20)
    assert found == [b"the whole picture"]


def test_a_live_source_is_never_held(web):
    start = time.monotonic()
    web.take(reading(0))
    web.take(reading(10_000))
    assert time.monotonic() - start < 20


def test_a_film_plays_at_its_own_speed_and_stops_when_told(web):
    start = time.monotonic()
    web.take(reading(0, live=False))
    web.take(reading(4, live=False))
    assert time.monotonic() - start > 0.35
    threading.Timer(0.1, web._source.stop).start()
    web.take(reading(10_000, live=False))
    assert time.monotonic() - start < 20
    assert (web.pictures, web.files) == (0, ())


def test_memory_is_that_of_one_reading(web):
    import weakref

    readings = [reading(index) for index in range(20)]
    kept = [weakref.ref(item) for item in readings]
    for item in readings:
        web.take(item)
    del readings, item
    assert [ref() is not None for ref in kept] == [False] * 19 + [True]


def test_intervals_show_no_picture_and_nobody():
    sink = WebIntervals(Camera(), LABELS, 0)
    try:
        text = ask(sink).body.decode()
        assert "intervals.js" in text
        assert "<img" not in text
        assert ask(sink, "picture.jpg").status == 404
        stream = Stream(sink)
        stream.next()
        sink.take(Interval(5.0, 5.0, 100, 120, 2, (("happy", 90), ("sad", 20))))
        assert json.loads(stream.next()) == {
            "schema": 1, "start": 5.0, "seconds": 5.0, "frames": 100, "faces": 120, "most": 2, "uncertain": 0.0833,
            "emotions": {"happy": 0.75, "sad": 0.1667}, "marks": [],
        }  # fmt: skip
    finally:
        sink.close()
    assert stream.next(b"event: end") == b""


def test_a_fault_of_ours_is_one_line(web, monkeypatch, capfd):
    web.take(FrameReading(Frame(0, 0.0, np.zeros((0, 0, 3), np.uint8), 1.0), ()))
    with pytest.raises(http.client.HTTPException):
        ask(web, "picture.jpg?after=0")
    until(lambda: connections(web) == 0)
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("the web page failed to answer: ")
