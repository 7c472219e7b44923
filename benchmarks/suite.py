"""Two runs of `edgefer benchmark`: every ratio to the teacher in both, how far the runs agree, and the second one's tables.

    python benchmarks/suite.py [FIRST.json SECOND.json] [--write]

Without records it runs `edgefer benchmark` twice, about four minutes. `--write` keeps both records and their page as
docs/benchmarks/suite, and the paper's Table V, measured by `edgefer report table-v`, as docs/benchmarks/table-v.md. A record
is kept without this machine's paths.
"""

from __future__ import annotations

import argparse
import re
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import _record

from edgefer.benchmark.compare import read_record
from edgefer.benchmark.result import BenchmarkResult
from edgefer.errors import EdgeferError
from edgefer.paths import write_text
from edgefer.report import benchmark_markdown, markdown

FOLDER = _record.FOLDER / "suite"
TABLE_V = _record.FOLDER / "table-v.md"
NAMES = ("run-1.json", "run-2.json")


class Pair(NamedTuple):
    """One ratio to a teacher in two runs. apart: the larger over the smaller, less one."""

    row: str
    batch: int
    over: str
    first: float
    second: float

    @property
    def apart(self) -> float:
        return max(self.first, self.second) / min(self.first, self.second) - 1


def ratios(result: BenchmarkResult) -> dict[tuple[str, int, str], float]:
    """Times as fast as a teacher, by row, batch size and teacher."""
    return {
        (row.name, cell.batch, speedup.over): speedup.value
        for row in result.rows
        for cell in row.cells
        for speedup in cell.speedups
    }


def pairs(first: BenchmarkResult, second: BenchmarkResult) -> list[Pair]:
    """Every ratio that both runs have, those furthest apart first."""
    before, now = ratios(first), ratios(second)
    found = [Pair(*key, before[key], now[key]) for key in before if key in now]
    return sorted(found, key=lambda pair: -pair.apart)


def agreement(found: Sequence[Pair]) -> str:
    """In a sentence."""
    single = [pair.apart for pair in found if pair.batch == 1] or [0.0]
    within = sum(pair.apart <= 0.1 for pair in found)
    return (
        f"{within} of {len(found)} ratios agree within 10 %; their median difference is "
        f"{statistics.median(pair.apart for pair in found):.1%}, the largest {found[0].apart:.1%}, "
        f"with one face a call {max(single):.1%}."
    )


def portable(result: BenchmarkResult) -> BenchmarkResult:
    """The record with names of files in place of this machine's paths."""
    rows = [
        row.model_copy(update={"candidate": row.candidate.model_copy(update={"target": _named(row.candidate.target)})})
        for row in result.rows
    ]
    return result.model_copy(update={"rows": tuple(rows)})


def _named(target: str) -> str:
    return Path(target).name if Path(target).is_absolute() else target


def page(first: BenchmarkResult, second: BenchmarkResult) -> str:
    """Both runs' ratios, then the second run in full."""
    found = pairs(first, second)
    rows = [
        [pair.row, str(pair.batch), pair.over, f"{pair.first:.2f}x", f"{pair.second:.2f}x", f"{pair.apart:.1%}"]
        for pair in found
    ]
    head = ["row", "batch", "times as fast as", "first run", "second run", "apart"]
    return "\n\n".join(
        [
            "# The suite, twice",
            f"`python benchmarks/suite.py --write` ran `edgefer benchmark` at {first.environment.date} and at "
            f"{second.environment.date} on {markdown.escape(first.environment.cpu)} and wrote this page and the records "
            f"[{NAMES[0]}]({NAMES[0]}) and [{NAMES[1]}]({NAMES[1]}). {agreement(found)}",
            markdown.table(head, rows, left=3),
            # One level deeper than on a page of its own.
            re.sub(r"^#", "##", benchmark_markdown.render(second), flags=re.MULTILINE),
        ]
    )


def measured(out: Path) -> BenchmarkResult:
    """One run of the command with its defaults."""
    edgefer = [sys.executable, "-m", "edgefer"]
    subprocess.run([*edgefer, "benchmark", "--out", str(out)], stdout=subprocess.DEVNULL, check=True)
    return read_record(out / "benchmark.json")


def table_v(out: Path) -> str:
    """The paper's table and ours, as Markdown."""
    command = [sys.executable, "-m", "edgefer", "report", "table-v", "--out", str(out)]
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return (out / "table-v.md").read_text(encoding="utf-8")


def main(arguments: Sequence[str] | None = None) -> None:
    """See the top of the file."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("records", nargs="*", type=Path, metavar="RECORD.json")
    parser.add_argument("--write", action="store_true", help="keep records, page and Table V in docs/benchmarks")
    asked = parser.parse_args(arguments)
    if len(asked.records) not in (0, 2):
        parser.error("give two records, or none")
    with tempfile.TemporaryDirectory(prefix="edgefer-suite-") as place:
        try:
            first, second = (
                [portable(read_record(file)) for file in asked.records]
                or [portable(measured(Path(place) / name)) for name in ("1", "2")]
            )  # fmt: skip
            if not (found := pairs(first, second)):
                raise SystemExit("error: the two records have no ratio to a teacher in common")
            for pair in found:
                print(
                    f"{pair.apart:6.1%}  {pair.first:8.2f}x {pair.second:8.2f}x  {pair.row}, batch {pair.batch}, as {pair.over}"
                )
            print(agreement(found))
            if asked.write:
                for name, one in zip(NAMES, (first, second), strict=True):
                    write_text(FOLDER / name, one.to_json() + "\n")
                write_text(FOLDER / "README.md", page(first, second))
                write_text(TABLE_V, table_v(Path(place)))
        except EdgeferError as error:
            raise SystemExit(f"error: {error}") from None


if __name__ == "__main__":
    main()
