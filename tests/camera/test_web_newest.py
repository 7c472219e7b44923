from __future__ import annotations

import itertools
import threading
import time

from edgefer.camera.web_newest import Newest, Shared


def test_only_the_newest_is_given():
    newest = Newest()
    for item in "abc":
        newest.put(item)
    assert newest.after(0, 0) == (3, "c")
    assert newest.after(3, 0) is None


def test_a_reader_waits_for_news():
    newest = Newest()
    start = time.monotonic()
    threading.Timer(0.1, newest.put, ["late"]).start()
    assert newest.after(0, 60) == (1, "late")
    assert time.monotonic() - start < 30


def test_the_end_wakes_everybody_and_the_last_item_is_still_given():
    newest = Newest()
    found = []
    readers = [threading.Thread(target=lambda: found.append(newest.after(0, 60))) for _ in range(3)]
    for reader in readers:
        reader.start()
    newest.end()
    start = time.monotonic()
    for reader in readers:
        reader.join()
    assert time.monotonic() - start < 30
    assert found == [None] * 3
    newest.pause(60)  # returns at once
    newest.put("last")
    assert newest.after(0, 60) == (1, "last")


def test_nothing_is_made_before_somebody_asks():
    made = []
    newest = Newest()
    shared = Shared(newest, lambda item: made.append(item) or str(item).encode(), 0)
    for item in range(100):
        newest.put(item)
    assert made == []
    assert shared.after(0, 0) == (100, b"99")
    assert made == [99]


def test_one_is_made_for_all_readers():
    made = []
    newest = Newest()
    shared = Shared(newest, lambda item: made.append(item) or b"x", 3600)
    newest.put("a")
    found = [shared.after(0, 0)]
    newest.put("b")  # too early for another one
    found += [shared.after(0, 0) for _ in range(4)]
    assert made == ["a"]
    assert found == [(1, b"x")] * 5


def test_at_most_one_is_made_in_a_period():
    newest = Newest()
    times = []
    shared = Shared(newest, lambda item: times.append(time.monotonic()) or b"", 0.2)
    stop = threading.Event()

    def read():
        number = 0
        while not stop.is_set():
            number = (shared.after(number, 1) or (number, b""))[0]

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    while len(times) < 4:
        newest.put(0)
        time.sleep(0.001)
    stop.set()
    newest.end()
    for reader in readers:
        reader.join(20)
    assert min(after - before for before, after in itertools.pairwise(times)) >= 0.19
