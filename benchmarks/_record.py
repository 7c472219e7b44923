"""What a script measured, kept: one JSON line a run in `docs/benchmarks/speed.jsonl`, and a page made of all lines.

`python benchmarks/_record.py` makes the page again, after its form has changed here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

import edgefer
from edgefer.errors import ArtifactError, UsageError
from edgefer.paths import write_text

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "benchmarks"
LINES, PAGE = "speed.jsonl", "README.md"

_HEAD = """# edgefer's own speed

Every figure here was written by a script of [benchmarks/](../../benchmarks) that was called with `--write`;
`python benchmarks/all.py --write` calls them all. A test makes this page again from [speed.jsonl](speed.jsonl): do not edit it.

A ratio is edgefer over a plain reference in the same script, both measured in turn: the median over the rounds of the two
in the same round, with the first and the last decile of the rounds behind it. A limit is what the ratio, or edgefer's own
figure where it has a unit, must keep. Other work on a machine makes spreads wide: its share of the cores is named.
"""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Ratio(_Frozen):
    """edgefer over a plain reference.

    name: what is compared. value: the median over `rounds` of edgefer's figure over the reference's in the same round;
    low, high: first and last decile. ours, plain: the medians, in `unit`. better: whether small or large ratios are good.
    limit: what `value` must keep, budget: what `ours` must keep, where there is one.
    """

    name: str
    value: float = Field(gt=0)
    low: float
    high: float
    rounds: int = Field(ge=1)
    ours: float = Field(gt=0)
    plain: float = Field(gt=0)
    unit: str
    better: Literal["small", "large"] = "small"
    limit: float | None = None
    budget: float | None = None

    @property
    def text(self) -> str:
        """Such as `0.93 (0.91 to 0.95)`."""
        return f"{number(self.value)} ({number(self.low)} to {number(self.high)})"

    @property
    def bounds(self) -> str:
        """Such as `at most 1.1, 15 s`; empty without one."""
        known = [f"{self.limit:g}"] if self.limit is not None else []
        known += [f"{self.budget:g} {self.unit}"] if self.budget is not None else []
        return f"at {'most' if self.better == 'small' else 'least'} {', '.join(known)}" if known else ""

    @property
    def kept(self) -> bool:
        """Whether limit and budget are kept."""
        pairs = [(self.value, self.limit), (self.ours, self.budget)]
        small = self.better == "small"
        return all(bound is None or (found <= bound if small else found >= bound) for found, bound in pairs)


class Record(_Frozen):
    """One run of one script. date: UTC, ISO 8601. commit: `git describe`. command: without this machine's paths.

    cores: what the script might use, of `cores_of_machine`. load: the load average over a minute, before and after.
    other_work: cores that other processes kept busy meanwhile; None where that cannot be told. output: what was printed.
    """

    format: Literal[1] = 1
    script: str
    about: str
    command: str
    date: str
    commit: str
    cpu: str
    cores: int
    cores_of_machine: int
    gpu: str
    python: str
    libraries: dict[str, str]
    load: tuple[float, float]
    other_work: float | None
    seconds: float
    ratios: tuple[Ratio, ...]
    output: tuple[str, ...]


def number(value: float) -> str:
    """Four decimals beside 1, where percents count, otherwise two or one."""
    return f"{value:.{4 if abs(value - 1) < 0.03 else 2 if value < 10 else 1}f}"


def commit() -> str:
    """The commit of edgefer's checkout, `-dirty` where files differ from it; UsageError where none can be named."""
    found = Path(edgefer.__file__).resolve().parent.parent
    if found != ROOT:
        raise UsageError(
            "edgefer is not imported from the checkout of this script, so no commit can be named",
            f"set PYTHONPATH to {ROOT}",
        )
    command = ["git", "describe", "--always", "--dirty"]
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError) as error:
        raise UsageError(f"git names no commit of {ROOT}", "run it in a git checkout of edgefer") from error


def without_paths(arguments: Sequence[str]) -> list[str]:
    """Arguments as another machine would read them: of a path outside the working folder the name alone, no `--write`."""

    def short(argument: str) -> str:
        option, equals, value = argument.partition("=") if argument.startswith("--") else ("", "", argument)
        path = Path(value)
        outside = path.is_absolute() or value.startswith(("~", f"..{os.sep}"))
        return f"{option}{equals}{path.name if outside else value}"

    return [short(argument) for argument in arguments if argument != "--write"]


def read(folder: Path) -> list[Record]:
    """All records, oldest first; none where nothing was written yet. ArtifactError when a line is damaged."""
    file = folder / LINES
    if not file.is_file():
        return []
    lines = file.read_text(encoding="utf-8").splitlines()
    return [_parsed(line, f"{file}:{place}") for place, line in enumerate(lines, start=1)]


def _parsed(line: str, where: str) -> Record:
    try:
        return Record.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "line"
        raise ArtifactError(f"{where} is no record ({place}: {first['msg']})", "take the line out") from error


def write(record: Record, folder: Path | None = None) -> None:
    """Add a record and make the page again, each file at once or not at all. folder: default `FOLDER`."""
    folder = folder or FOLDER
    records = [*read(folder), record]
    made = page(records)
    write_text(folder / LINES, "".join(f"{one.model_dump_json()}\n" for one in records))
    write_text(folder / PAGE, made)


def page(records: Sequence[Record]) -> str:
    """The newest record of each script in one table and in full, then the earlier ones in a line each."""
    newest = {record.script: record for record in records}
    shown = [newest[script] for script in sorted(newest)]
    parts = [_HEAD, _table([record for record in shown if record.ratios])]
    parts += [_section(record) for record in shown]
    if older := [record for record in records if newest[record.script] is not record]:
        parts.append("## Earlier\n\n" + "\n".join(map(_line, reversed(older))) + "\n")
    return "\n".join(parts)


def _table(records: Sequence[Record]) -> str:
    head = ["script", "what", "ratio", "good is", "edgefer", "reference", "limit", "date", "commit"]
    rows = [
        [
            f"[{record.script}](#{record.script})",
            ratio.name,
            ratio.text,
            ratio.better,
            *(f"{value:.4g} {ratio.unit}" for value in (ratio.ours, ratio.plain)),
            ratio.bounds + ("" if ratio.kept else " **(not kept)**"),
            record.date[:10],
            record.commit,
        ]
        for record in records
        for ratio in record.ratios
    ]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in (head, ["---"] * len(head), *rows))


def _section(record: Record) -> str:
    libraries = ", ".join(f"{name} {version}" for name, version in record.libraries.items())
    others = "" if record.other_work is None else f", other work on {record.other_work:.2f} cores"
    output = "\n".join(f"    {line}".rstrip() for line in (f"$ {record.command}", *record.output))
    return (
        f"## {record.script}\n\n{record.about}\n\n{output}\n\n"
        f"{record.date}, {record.commit}, {record.seconds:.0f} s on {record.cores} of {record.cores_of_machine} cores, "
        f"{record.cpu}; load {record.load[0]:.1f} before and {record.load[1]:.1f} after{others}; GPU {record.gpu}; "
        f"Python {record.python}, {libraries}.\n"
    )


def _line(record: Record) -> str:
    figures = "; ".join(f"{ratio.name} {ratio.text}" for ratio in record.ratios) or "no ratio"
    return f"- {record.date}, {record.commit}, `{record.command}`: {figures}"


if __name__ == "__main__":
    write_text(FOLDER / PAGE, page(read(FOLDER)))
