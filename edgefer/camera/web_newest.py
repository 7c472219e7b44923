"""From the camera loop to readers of any speed: the newest only, nothing queues, nobody waits for a slow one."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Newest(Generic[Item]):
    """Holds the last item put in, numbered from 1. One thread puts, any number of others wait for it."""

    def __init__(self) -> None:
        self._fresh = threading.Condition()
        self._over = threading.Event()
        self._number = 0
        self._item: Item | None = None

    @property
    def ended(self) -> bool:
        """Whether `end` was called."""
        return self._over.is_set()

    def put(self, item: Item) -> None:
        """Replace the item; returns at once."""
        with self._fresh:
            self._number += 1
            self._item = item
            self._fresh.notify_all()

    def end(self) -> None:
        """Nothing follows; everybody who waits is woken."""
        with self._fresh:
            self._over.set()
            self._fresh.notify_all()

    def after(self, number: int, timeout: float) -> tuple[int, Item] | None:
        """The newest item with its number, once that is above `number`; None after `timeout` seconds or at the end."""
        with self._fresh:
            self._fresh.wait_for(lambda: self._number > number or self.ended, timeout)
            if self._number <= number or self._item is None:
                return None
            return self._number, self._item

    def pause(self, seconds: float) -> None:
        """Sleep, but not beyond the end."""
        if seconds > 0:
            self._over.wait(seconds)


class Shared(Generic[Item]):
    """Bytes made of the newest item: once for all readers, at most every `period` seconds, and only when asked for."""

    def __init__(self, newest: Newest[Item], make: Callable[[Item], bytes], period: float) -> None:
        self._newest = newest
        self._make = make
        self._period = period
        self._making = threading.Lock()
        self._number = 0
        self._data = b""
        self._due = 0.0

    def after(self, number: int, timeout: float) -> tuple[int, bytes] | None:
        """As `Newest.after`. A reader who comes late in a period gets what others got in it, if that is new to him."""
        if self._number <= number:
            self._newest.pause(self._due - time.monotonic())
        found = self._newest.after(number, timeout)
        if found is None:
            return None
        with self._making:
            if self._number <= number:
                self._data = self._make(found[1])
                self._number = found[0]
                self._due = time.monotonic() + self._period
            return self._number, self._data
