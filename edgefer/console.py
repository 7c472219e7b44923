"""Messages and progress, all on stderr, so that stdout carries data alone."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar

from edgefer.ranks import leads

Step = Callable[[int, str], None]
# Of one thread alone, so that a program may run two things at once of which one is silent.
_tells: ContextVar[bool] = ContextVar("tells", default=True)


@contextlib.contextmanager
def telling(wanted: bool) -> Iterator[None]:
    """Inside the block messages and progress are shown if they are wanted; commands always want them."""
    token = _tells.set(wanted)
    try:
        yield
    finally:
        _tells.reset(token)


def tells() -> bool:
    """Whether this process shows anything here: of several processes the leading one, where it is wanted."""
    return leads() and _tells.get()


def say(message: str) -> None:
    """Print one line to stderr, where `tells`."""
    if tells():
        complain(message)


def complain(message: str) -> None:
    """Print one line to stderr, in whatever process. That nobody can read it any more is no reason to stop."""
    with contextlib.suppress(OSError):
        print("\n".join(map(one_line, message.split("\n"))), file=sys.stderr, flush=True)


def one_line(message: str) -> str:
    """A message without line breaks and the characters that steer a terminal, which files may have in their names."""
    return message if message.isprintable() else "".join(_shown(character) for character in message)


def _shown(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


@contextlib.contextmanager
def progress(title: str, total: int) -> Iterator[Step]:
    """Show work of `total` steps, where `tells`; yields `step(advance, note)`.

    A bar with time left when stderr is a terminal, else plain lines at most every ten seconds and one at the end.
    """
    if not tells():
        yield lambda _advance, _note: None
    elif sys.stderr.isatty():
        yield from _bar(title, total)
    else:
        yield from _lines(title, total)


def _bar(title: str, total: int) -> Iterator[Step]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed}/{task.total}"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, note="")
        yield lambda advance, note: bar.update(task, advance=advance, note=note)


def _lines(title: str, total: int) -> Iterator[Step]:
    start = last = time.monotonic()
    done = 0

    def step(advance: int, note: str) -> None:
        nonlocal done, last
        done += advance
        now = time.monotonic()
        if now - last >= 10 or done == total:
            last = now
            left = (now - start) / max(done, 1) * (total - done)
            # The first steps often wait for something that happens once, and would foretell hours.
            rest = f", {left:.0f} s left" if 20 * done >= total else ""
            if done == total:
                rest = f" in {now - start:.0f} s"
            say(f"{title}: {done}/{total}{rest}{'; ' + note if note else ''}")

    yield step
