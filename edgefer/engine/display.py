"""A compilation shown: a bar in a terminal, plain lines elsewhere; both go on while TensorRT says nothing."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator

from edgefer.console import say, tells
from edgefer.engine.clock import Clock
from edgefer.engine.share import WHOLE

# Seconds between two lines, and the silence that is mentioned.
HEARTBEAT = 5.0
_REFRESH = 0.2


@contextlib.contextmanager
def shown(title: str, clock: Clock) -> Iterator[None]:
    """Show a clock while the block runs, where `tells`."""
    if not tells():
        yield
        return
    with _bar(title, clock) if sys.stderr.isatty() else _lines(title, clock):
        yield
    if clock.complete:
        say(f"{title}: done in {seconds_text(clock.elapsed)}")


def words(clock: Clock) -> str:
    """Such as `about 20 s left, 12 s so far, Timing tactics`: what matters most comes first."""
    parts = []
    if (left := clock.left) is not None:
        parts.append(f"about {seconds_text(left)} left")
    parts.append(f"{seconds_text(clock.elapsed)} so far")
    if clock.overdue is not None:
        parts.append(f"longer than the last time ({seconds_text(clock.overdue)})")
    if clock.silent >= HEARTBEAT:
        parts.append(f"TensorRT at work without a word for {seconds_text(clock.silent)}")
    return ", ".join([*parts, clock.phase] if clock.phase else parts)


def seconds_text(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 20 s`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


@contextlib.contextmanager
def _bar(title: str, clock: Clock) -> Iterator[None]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn
    from rich.table import Column

    # Nothing stays: the line that says how long it took follows. In a narrow terminal title and phase give way.
    columns = (
        SpinnerColumn(),
        TextColumn("{task.description}", table_column=Column(ratio=2, no_wrap=True, overflow="ellipsis")),
        BarColumn(bar_width=10),
        TextColumn("{task.percentage:>3.0f} %", table_column=Column(no_wrap=True)),
        TextColumn("{task.fields[note]}", table_column=Column(ratio=3, no_wrap=True, overflow="ellipsis")),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, expand=True) as bar:
        task = bar.add_task(title, total=WHOLE, note="")
        with _every(_REFRESH, lambda: bar.update(task, completed=clock.percent, note=words(clock))):
            yield


@contextlib.contextmanager
def _lines(title: str, clock: Clock) -> Iterator[None]:
    with _every(HEARTBEAT, lambda: say(f"{title}: {clock.percent} %, {words(clock)}")):
        yield


@contextlib.contextmanager
def _every(seconds: float, action: Callable[[], None]) -> Iterator[None]:
    """Call `action` every so many seconds, in a thread of its own: TensorRT keeps the main one."""
    over = threading.Event()

    def repeat() -> None:
        while not over.wait(seconds):
            action()

    thread = threading.Thread(target=repeat, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
