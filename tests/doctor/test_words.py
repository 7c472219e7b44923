from __future__ import annotations

from edgefer.doctor.examine import Examination
from edgefer.doctor.finding import Finding, Group, Mark, Purpose
from edgefer.doctor.words import WIDTH, text

LONG = "pip install " + " ".join(f"package-{number}" for number in range(30))
FOUND = Examination(
    (
        Finding(Group.SYSTEM, "Python", Mark.OK, "3.11.2"),
        Finding(Group.TENSORRT, "TensorRT", Mark.ABSENT, "not installed"),
        Finding(Group.RUNTIMES, "PyTorch", Mark.WARNING, "a fact of many words " * 12, LONG),
        Finding(Group.CAMERA, "face detector", Mark.MISSING, "not here", "edgefer models get yunet", (Purpose.RUN,)),
    ),
    1.5,
)


def test_rows_stand_under_their_groups_with_the_fix_below():
    lines = text(FOUND).splitlines()
    assert [line for line in lines if line and line[0] != " "] == [
        "System",
        "TensorRT",
        "Runtimes",
        "Camera",
        "Ready for",
    ]
    assert lines[1] == "  ok       Python         3.11.2"
    assert lines[4] == "  -        TensorRT       not installed"
    row = lines.index("  missing  face detector  not here")
    assert lines[row + 1].strip() == "> edgefer models get yunet"
    assert lines[-3:] == ["  train    yes", "  build    yes", "  run      no: face detector"]


def test_facts_are_wrapped_and_lines_to_copy_are_not():
    lines = text(FOUND).splitlines()
    assert max(len(line) for line in lines if LONG not in line) <= WIDTH
    assert sum("a fact of many words" in line for line in lines) > 1
    assert sum(LONG in line for line in lines) == 1
    assert all(line == line.rstrip() for line in lines)
