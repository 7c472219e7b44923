"""Run one case of the table, and judge how it ended."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from pathlib import Path

from tests.robustness.place_input import FULL, LITTLE
from tests.robustness.runner import Command, Ended, Runner, environment, listing
from tests.robustness.table import Case

MOST = 1500  # megabytes, of which the imports take a third
# The end of a temporary folder's name.
_RANDOM = re.compile(r"(tmp/edgefer-[a-z]+-)[a-z0-9_]{8}")
# What would steer a terminal.
_ESCAPES = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")


@dataclass(frozen=True)
class Judged:
    """What the page says of a case, and what is wrong with it (nothing where `faults` is empty)."""

    code: int
    line: str
    faults: tuple[str, ...]


def place_of(folder: Path) -> Path:
    """An empty place for one case, with a folder to work in some way down."""
    for name in ("deep/er/work", "home", "tmp"):
        (folder / name).mkdir(parents=True)
    return folder / "deep/er/work"


def run(case: Case, runner: Runner, goods: Path, folder: Path) -> Judged:
    """Make the bad input in an empty folder, run the command there, and judge it."""
    work = place_of(folder)
    good = goods / case.row.slot.good
    name = case.kind.name.format(suffix=case.row.slot.suffix)
    case.kind.make(good, work / name)
    before = listing(folder)
    argv = arguments(case.row.line, goods, name)
    largest = LITTLE if case.kind.id == FULL.id else 0
    named = {case.row.variable: name} if case.row.variable else {}
    (ended,) = runner.run(Command(argv, work, {**environment(folder), **named}, largest=largest))
    found = listing(folder)
    for path in work.iterdir():
        if not path.is_symlink() and path.is_dir():
            path.chmod(0o755)
    judged = judge(case, ended, before, found, goods)
    line = judged.line.replace(f"{work}/", "").replace(str(folder), "case")
    return replace(judged, line=_RANDOM.sub(r"\1XXXXXXXX", line))


def arguments(line: str, goods: Path, name: str) -> list[str]:
    """The words of a row. What begins with a dash goes behind `--`, as a user would type it."""
    words = [word.replace("{good}", str(goods)).replace("{bad}", name) for word in shlex.split(line)]
    if name in words and name.startswith("-") and not words[(place := words.index(name)) - 1].startswith("--"):
        words.insert(place, "--")
    return words


def judge(case: Case, ended: Ended, before: dict[str, str], found: dict[str, str], goods: Path) -> Judged:
    faults = list(_always(ended))
    said = error_lines(ended.err)
    changed = {path for path in {*before, *found} if before.get(path) != found.get(path)}
    if case.kind.works:
        if ended.code and not _reported(case, ended):
            faults.append(f"must work, and ends with {ended.code}")
        gone = [path for path in before if path in changed]
        if gone:
            faults.append(f"changed what was there: {gone}")
        litter = [
            path
            for path in changed
            if ("escaped" in path and "/out" not in path) or Path(path).name.startswith((".", "tmp"))
        ]
        litter = [path for path in litter if not path.startswith("home")]
        if litter:
            faults.append(f"left {litter}")
    else:
        if ended.code not in (1, 2):
            faults.append(f"must refuse, and ends with {ended.code}")
        if len(said) != 1 and not _reported(case, ended):
            faults.append(f"{len(said)} error lines")
        if changed - _caches(changed):
            faults.append(f"changed {sorted(changed)}")
    return Judged(ended.code, _shown(said, ended, goods), tuple(faults))


def error_lines(text: str) -> list[str]:
    """The error line; nothing but plain lines may stand before it, and nothing behind it."""
    lines = text.splitlines()
    return [line for line in lines if line.lower().startswith("error:")]


def _always(ended: Ended) -> list[str]:
    faults = []
    if ended.late:
        faults.append("never ends")
    if "Traceback" in ended.err + ended.out:
        faults.append("traceback: " + " | ".join(ended.err.strip().splitlines()[-1:]))
    if ended.code < 0:
        faults.append(f"killed by signal {-ended.code}")
    if ended.megabytes > MOST:
        faults.append(f"takes {ended.megabytes} MB")
    if _ESCAPES.search(ended.err):
        faults.append("control characters on stderr")
    if "/passwd" not in ended.err and "root:x:0" in ended.out + ended.err:
        faults.append("shows a file from elsewhere")
    return faults


def _reported(case: Case, ended: Ended) -> bool:
    """`inspect` tells what is wrong with a file in its answer, and ends with 1."""
    return case.row.id.startswith("inspect") and ended.code == 1 and "PROBLEM" in ended.out and not ended.err


def _caches(changed: set[str]) -> set[str]:
    """edgefer's own, and what torch makes in the temporary folder when an optimiser is made."""
    return {path for path in changed if path.startswith(("home/edgefer", "tmp/torchinductor_")) or path == "home"}


def _shown(said: list[str], ended: Ended, goods: Path) -> str:
    if said:
        line = said[0]
    else:
        problems = [line for line in ended.out.splitlines() if "PROBLEM" in line]
        line = problems[0].strip() if problems else "" if ended.code else "works"
    return line.replace(str(goods), "good")
