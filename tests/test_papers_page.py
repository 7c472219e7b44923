"""docs/papers.md: each figure of ours stands in the log that its row links, the papers' in the code that has them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from edgefer.benchmark.paper import ROWS
from edgefer.recipe import find, read_toml
from tests.conftest import ROOT

DOCS = ROOT / "docs"
PAGE = (DOCS / "papers.md").read_text(encoding="utf-8")
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")


@dataclass(frozen=True)
class Row:
    """A row of a table that names logs: our cells' figures, its first cell, and the file that has them."""

    first: str
    cells: dict[str, str]
    log: str

    @property
    def ours(self) -> list[str]:
        told = [cell for head, cell in self.cells.items() if head.startswith(("ours", "alive"))]
        return [figure for cell in told for figure in NUMBER.findall(cell)]


def rows() -> list[Row]:
    found: list[Row] = []
    head: list[str] = []
    for line in PAGE.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line.startswith("|") else []
        if not cells:
            head = []
        elif not head:
            head = cells
        elif head[-1] == "log" and set(line) - set("|-"):
            link = re.search(r"\]\(([^)]+)\)", cells[-1])
            found.append(Row(cells[0], dict(zip(head, cells, strict=True)), link[1] if link else ""))
    return found


def in_record(path: Path, _: str) -> set[str]:
    values = json.loads(path.read_text(encoding="utf-8"))
    measured = {f"{100 * one['accuracy']:.2f}" for one in values["card"]["measured"]}
    return measured | {f"{values['seconds']:,}"}


def in_table_v(path: Path, network: str) -> set[str]:
    lines = [line for line in path.read_text(encoding="utf-8").splitlines() if line.startswith(f"| {network} |")]
    ours = [line for line in lines if "| the paper |" not in line]
    assert len(ours) == 2
    return {figure for line in ours for figure in NUMBER.findall(line)}


def in_prepared(path: Path, emotion: str) -> set[str]:
    """Of the table that `edgefer data prepare fer2013` printed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    head = next(index for index, line in enumerate(lines) if line.split()[:2] == ["split", "anger"])
    column = lines[head].split().index(emotion)
    return {lines[head + 1].split()[column], lines[head + 2].split()[column]}


def in_test(path: Path, network: str) -> set[str]:
    name = {"ResEmoteNet": "resemotenet"}.get(network, f"mini-resemotenet-{network[-1].lower()}")
    found = re.search(rf'"{name}": ([\d_]+)', path.read_text(encoding="utf-8"))
    assert found
    return {f"{int(found[1]):,}"}


def in_sweep(path: Path, _: str) -> set[str]:
    """Of the table that a sweep leaves: the line of its ensemble."""
    (line,) = (one for one in path.read_text(encoding="utf-8").splitlines() if one.startswith("| ensemble |"))
    return set(NUMBER.findall(line))


READERS: dict[str, Callable[[Path, str], set[str]]] = {
    "record.json": in_record,
    "table-v.md": in_table_v,
    "table.md": in_sweep,
    "fer2013.md": in_prepared,
    "test_resemotenet.py": in_test,
    "test_trim.py": in_test,
}
LOGGED = [row for row in rows() if row.log]


def test_rows_without_a_log_have_no_figure_of_ours():
    assert [row for row in rows() if not row.log and row.ours] == []
    assert len(LOGGED) > 25


@pytest.mark.parametrize("row", LOGGED, ids=lambda row: f"{row.first} {row.log}")
def test_every_figure_of_ours_is_in_its_log(row: Row):
    path = (DOCS / row.log).resolve()
    known = READERS[path.name](path, row.first)
    figures = [figure for figure in row.ours if figure != "1"]  # the teacher, as often as itself
    assert figures
    assert set(figures) <= known


def test_the_runs_are_those_that_are_named():
    for row in LOGGED:
        if row.first.startswith("`"):
            assert f"training/{row.first.strip('`')}/" in row.log


def test_table_4_is_the_one_of_the_sweep():
    sweep = {cell["name"]: cell for cell in read_toml(find("paper-table-4"))["cell"]}
    told = {row.first: row.cells for row in rows() if re.fullmatch(r"E\d", row.first)}
    assert set(told) == set(sweep)
    for name, cell in sweep.items():
        assert told[name]["paper, %"] == f"{100 * cell['published']:.2f}"
        assert float(told[name]["alpha"]) == cell["set"]["loss.alpha"]
        assert cell["recipe"] == f"mini-resemotenet-{told[name]['student'].lower()}"


def test_table_5_and_the_parameters_are_those_of_the_paper():
    for published in ROWS:
        parameters, times = (
            next(row.cells for row in LOGGED if row.first == published.name and log in row.log)
            for log in ("test_resemotenet", "table-v")
        )
        assert parameters["paper"] == f"{published.parameters:,}"
        assert times["paper, ms"] == (" / ".join(f"{time:g}" for time in published.milliseconds) or "-")


def test_shares_of_what_is_alive():
    whole = {row.first: row.cells["paper"] for row in LOGGED if "test_resemotenet" in row.log}
    for row in LOGGED:
        if "test_trim" in row.log:
            alive, all_of_it = (int(text.replace(",", "")) for text in (row.cells["alive at 64x64"], whole[row.first]))
            assert row.cells["share of the paper's"] == f"{alive / all_of_it:.0%}".replace("%", " %")


def test_faces_of_table_3_add_up():
    """The paper's rows are ours with the test columns of three pairs swapped; known sums are those of all splits."""
    found = {
        row.first: {head: int(cell) for head, cell in row.cells.items() if cell.isdigit()}
        for row in rows()
        if "fer2013.md" in row.log
    }
    swapped = {"happy": "sad", "surprise": "disgust", "fear": "neutral"}
    swapped |= {after: before for before, after in swapped.items()} | {"anger": "anger"}
    for emotion, cells in found.items():
        other = found[swapped[emotion]]
        assert cells["paper, public test"] == other["ours, PublicTest"]
        tests = other["known sum"] - other["ours, Training"]
        assert cells["paper, sum of the row"] == cells["ours, Training"] + tests
    assert sum(cells["known sum"] for cells in found.values()) == 28709 + 2 * 3589
