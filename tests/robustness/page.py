"""Run the table and write what happened to `docs/robustness.md`: `python -m tests.robustness.page`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.robustness import goods
from tests.robustness.case import Judged, run
from tests.robustness.kind import Kind
from tests.robustness.runner import ROOT, Runner
from tests.robustness.table import CASES, ROWS, Case

PAGE = ROOT / "docs" / "robustness.md"
LONGEST = 150
HEAD = """# Bad input

<!-- page tested: tests/robustness/test_matrix.py -->

What every command does with input that is missing, damaged, of another kind, or made to do harm. This page is written
by `python -m tests.robustness.page`, which runs every line of it; `pytest tests/robustness` runs the same table
(`tests/robustness/table.py`), and fails when this page lacks a case or has another exit code.

A case passes when

- the command ends by itself, with exit code 1 or 2 (0 where it says *works*),
- it prints exactly one line that begins with `error:`, with no traceback and no characters that steer a terminal,
- every file and folder is as it was: nothing half-written, no temporary file, nothing outside the working folder, and
  none of the files that the hostile pickles would make,
- it takes less than 1.5 GB of memory.

Commands run as a user without root's rights. `inspect` tells of what is wrong inside a file in its answer, as a line
that begins with PROBLEM, and ends with 1. *works* also stands where a command never looks at what is wrong, as
`calibrate`, which reads a model's card alone. Lines are cut after 150 characters; some are those of the library versions
they were made with.
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "good").mkdir()
        goods.make(root / "good")
        runner = Runner(root / "streams")
        results = []
        for number, case in enumerate(CASES):
            judged = run(case, runner, root / "good", root / "cases" / str(number))
            results.append((case, judged))
            if judged.faults:
                print(f"{case.id}: {', '.join(judged.faults)}", file=sys.stderr)
        runner.close()
    if any(judged.faults for _, judged in results):
        sys.exit(1)
    PAGE.write_text(page(results), encoding="utf-8")


def page(results: Sequence[tuple[Case, Judged]]) -> str:
    """The page: what the kinds are, then a table for each command."""
    kinds: dict[tuple[str, str], Kind] = {(case.kind.id, case.kind.words): case.kind for case, _ in results}
    lines = [HEAD, "## Kinds of input", "", "| kind | what it is |", "|---|---|"]
    lines += [f"| {id_} | {words} |" for id_, words in sorted(kinds)]
    for row in ROWS:
        lines += ["", f"## {row.id}", "", f"    {row.shown}", "", "| kind | exit | line |", "|---|---|---|"]
        lines += [entry(case, judged) for case, judged in results if case.row is row]
    return "\n".join(lines) + "\n"


def entry(case: Case, judged: Judged) -> str:
    """A line of a table."""
    text = judged.line.removeprefix("error: ").removeprefix("Error: ")
    text = text if len(text) <= LONGEST else text[:LONGEST] + "..."
    shown = text.replace("|", "\\|").replace("<", "&lt;")
    return f"{beginning(case, judged.code)} {shown} |"


def beginning(case: Case, code: int) -> str:
    """What a test holds of a line: the kind and the exit code."""
    return f"| {case.kind.id} | {code} |"


if __name__ == "__main__":
    main()
