"""What a kind of bad input is: data in the table, with the function that makes it beside a good one."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Make = Callable[[Path, Path], None]


@dataclass(frozen=True)
class Kind:
    """One kind of input. make: from a good file or folder, the bad one at a path. works: the command must take it.

    name: of the bad one, where its name is the point; `{suffix}` is the good one's.
    """

    id: str
    words: str
    make: Make
    works: bool = False
    name: str = "bad{suffix}"


@dataclass(frozen=True)
class Slot:
    """What a command reads there: a good one in the folder of good things, and every kind of bad one."""

    good: str
    kinds: tuple[Kind, ...]

    @property
    def suffix(self) -> str:
        return Path(self.good).suffix


def copy(good: Path, bad: Path) -> None:
    if good.is_dir():
        shutil.copytree(good, bad)
    else:
        bad.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(good, bad)


def with_file(name: str, change: Callable[[Path], None]) -> Make:
    """A copy of a good folder in which one file is changed."""

    def make(good: Path, bad: Path) -> None:
        copy(good, bad)
        change(bad / name)

    return make


def holding(data: bytes) -> Make:
    """A file of these bytes."""

    def make(good: Path, bad: Path) -> None:
        bad.write_bytes(data)

    return make
