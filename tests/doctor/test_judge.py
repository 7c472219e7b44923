from __future__ import annotations

import pytest

from edgefer.doctor.finding import Finding, Group, Mark, Purpose
from edgefer.doctor.judge import judged, lacking


def flavour(name, mark, state=""):
    return Finding(Group.TENSORRT, name, mark, "fact", "fix", (Purpose.BUILD,), {"state": state})


def gpu(*targets):
    return Finding(Group.GPU, "GPU 0", Mark.OK, "fact", details={"gpus": [{"target": one} for one in targets]})


def marks(machine, *findings):
    return {one.name: one.mark for one in judged(findings, machine) if one.group is Group.TENSORRT}


NEITHER = (flavour("TensorRT", Mark.MISSING, "not installed"), flavour("TensorRT-RTX", Mark.MISSING, "not installed"))


@pytest.mark.parametrize(
    ("machine", "gpus", "wanted"),
    [
        ("x86_64", [], "TensorRT-RTX"),  # the only one that builds without a GPU
        ("x86_64", [gpu("sm89")], "TensorRT"),
        ("aarch64", [], "TensorRT"),  # there is no TensorRT-RTX
        ("aarch64", [gpu("sm87")], "TensorRT"),
    ],
)
def test_where_none_builds_the_one_that_fits_is_missing(machine, gpus, wanted):
    found = marks(machine, *gpus, *NEITHER)
    assert [name for name, mark in found.items() if mark is Mark.MISSING] == [wanted]
    assert set(found.values()) == {Mark.MISSING, Mark.ABSENT}
    assert lacking(judged([*gpus, *NEITHER], machine), Purpose.BUILD)


def test_one_that_builds_is_enough():
    found = judged([gpu("sm89"), NEITHER[0], flavour("TensorRT-RTX", Mark.OK, "works")], "x86_64")
    assert [one.mark for one in found] == [Mark.OK, Mark.ABSENT, Mark.OK]
    assert found[1].fix == ""
    assert not lacking(found, Purpose.BUILD)


@pytest.mark.parametrize("state", ["broken", ""])  # the last is one whose probe died
def test_a_broken_one_beside_one_that_builds_is_a_warning(state):
    found = marks("x86_64", flavour("TensorRT", Mark.MISSING, state), flavour("TensorRT-RTX", Mark.WARNING, "works"))
    assert set(found.values()) == {Mark.WARNING}


def test_what_is_missing_counts_for_what_needs_it_alone():
    found = judged(NEITHER, "x86_64")
    assert lacking(found, Purpose.BUILD)
    assert not lacking(found, Purpose.RUN)
    assert not lacking(found, Purpose.TRAIN)
