"""Every command by every kind of bad input: one clear line, the right exit code, nothing lost, nothing half-written."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.robustness.case import Judged, error_lines, place_of, run
from tests.robustness.page import PAGE, beginning
from tests.robustness.runner import ROOT, Command, Runner, environment, listing
from tests.robustness.table import CASES, ROWS, Case


@pytest.fixture(scope="module")
def goods(tmp_path_factory):
    folder = tmp_path_factory.mktemp("good")
    subprocess.run([sys.executable, "-m", "tests.robustness.goods", folder], cwd=ROOT, check=True, capture_output=True)
    before = listing(folder)
    yield folder
    assert listing(folder) == before


@pytest.fixture(scope="module")
def runner(tmp_path_factory):
    server = Runner(tmp_path_factory.mktemp("streams"))
    yield server
    server.close()


@pytest.fixture(scope="module")
def told() -> dict[str, list[str]]:
    """The lines of each command's table on the page."""
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")
    return {section.splitlines()[0]: section.splitlines() for section in sections[1:]}


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.id.replace(" ", "_"))
def test_a_bad_input(case: Case, runner: Runner, goods: Path, told: dict[str, list[str]], tmp_path: Path):
    judged = run(case, runner, goods, tmp_path / "case")
    assert not judged.faults, judged.line
    assert on_page(case, judged, told), f"exit {judged.code} is not what the page says; python -m tests.robustness.page"


def on_page(case: Case, judged: Judged, told: dict[str, list[str]]) -> bool:
    return any(line.startswith(beginning(case, judged.code)) for line in told.get(case.row.id, ()))


def test_the_page_has_no_case_that_is_gone(told):
    for row in ROWS:
        names = {line.split(" | ")[0].removeprefix("| ") for line in told[row.id] if line.startswith("| ")} - {"kind"}
        assert names == {case.kind.id for case in CASES if case.row is row}
    assert set(told) == {row.id for row in ROWS} | {"Kinds of input"}


def test_a_real_process_says_what_a_fork_says(tmp_path, goods):
    """The tests fork from a process with everything imported; a user's shell does not."""
    for place in ("home", "tmp"):
        (tmp_path / place).mkdir()
    for name in ("no\nthing.onnx", "\x1b[31m.onnx"):
        line = [sys.executable, "-m", "edgefer", "inspect", name]
        ended = subprocess.run(
            line, cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True, check=False
        )
        assert ended.returncode == 1
        assert len(ended.stderr.splitlines()) == len(error_lines(ended.stderr)) == 1
        assert "\x1b" not in ended.stderr


@pytest.mark.parametrize(
    ("how", "codes"),
    [
        ({"closed": ("stdin",)}, {0}),
        ({"closed": ("stdout",)}, {0}),
        ({"closed": ("stdin", "stdout", "stderr")}, {0}),
        ({"stdout": "pipe"}, {0, 1}),
        ({"stdout": "/dev/full"}, {1}),
    ],
    ids=["no-stdin", "no-stdout", "no-streams", "broken-pipe", "full-stdout"],
)
def test_streams_that_are_closed_or_full(how, codes, runner, goods, tmp_path):
    work = place_of(tmp_path / "case")
    command = Command(["inspect", str(goods / "tiny.onnx")], work, environment(tmp_path / "case"), **how)
    (ended,) = runner.run(command)
    assert "Traceback" not in ended.err
    assert ended.code in codes, ended.err


def test_two_runs_that_write_one_store(runner, goods, tmp_path):
    work = place_of(tmp_path / "case")
    line = ["data", "prepare", "fer2013", "--source", str(goods / "faces.csv"), "--out", "out", "--force"]
    command = Command(line, work, environment(tmp_path / "case"))
    both = runner.run(command, command)
    assert "Traceback" not in both[0].err + both[1].err
    assert 0 in [ended.code for ended in both]
    assert {path.name for path in work.iterdir()} == {"out"}
    (seen,) = runner.run(Command(["inspect", "out"], work, environment(tmp_path / "case")))
    assert seen.code == 0
