from __future__ import annotations

import json

import pytest

from edgefer.card import Precision
from edgefer.engine import past
from edgefer.engine.past import Compiled, Past, kind_of, recall, remember
from edgefer.paths import cache_dir
from edgefer.trt.flavour import load
from tests import fake_gpu

PAST = Past(parts={"convert": 1.5, "compile": 4.0}, compiled=Compiled(seconds=4.0, marks={"Timing tactics": 1.0}))


def file():
    return cache_dir() / "builds.json"


def test_builds_are_recalled_by_kind():
    assert recall("a") is None
    remember("a", PAST)
    remember("b", PAST.model_copy(update={"parts": {"compile": 1.0}}))
    assert recall("a") == PAST
    assert recall("b").parts == {"compile": 1.0}
    assert recall("c") is None


def test_measuring_is_foretold_only_where_it_is_done():
    measured = PAST.model_copy(update={"parts": {"converting": 1.5, "measuring accuracy": 10.0, "compiling": 4.0}})
    assert (measured.seconds(True), measured.seconds(False)) == (15.5, 5.5)


def test_a_kind_is_network_precision_flavour_and_number_of_targets(monkeypatch):
    fake_gpu.install(monkeypatch)
    flavour = load("tensorrt")
    assert kind_of("mini-c", Precision.INT8, flavour, ["sm87"]) == "mini-c int8 tensorrt 1 target"
    assert kind_of("mini-c", Precision.INT8, flavour, ["sm87", "sm89"]) == "mini-c int8 tensorrt 2 targets"


@pytest.mark.parametrize(
    "content",
    [
        "", "{", "[]", "null", "7", '{"builds": {}}', '{"format": 2, "builds": {"a": 1}}', '{"format": 1, "builds": []}',
        '{"format": 1, "builds": {"a": null}}', "\x00" * 10, "[" * 100_000,
    ],
)  # fmt: skip
def test_a_damaged_file_foretells_nothing_and_is_replaced(content):
    file().parent.mkdir(parents=True)
    file().write_text(content)
    assert recall("a") is None
    remember("a", PAST)
    assert recall("a") == PAST


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("compiled", "seconds"), -1.0),
        (("compiled", "seconds"), float("nan")),
        (("compiled", "seconds"), float("inf")),
        (("compiled", "seconds"), "4"),
        (("compiled", "marks"), {"Timing tactics": None}),
        (("parts",), {"compile": -2}),
        (("more",), 1),
    ],
)
def test_a_build_with_a_damaged_value_is_none_and_the_others_stay(where, value):
    remember("a", PAST)
    remember("b", PAST)
    values = json.loads(file().read_text())
    entry = values["builds"]["a"]
    for name in where[:-1]:
        entry = entry[name]
    entry[where[-1]] = value
    file().write_text(json.dumps(values))
    assert recall("a") is None
    assert recall("b") == PAST


def test_the_oldest_kinds_are_forgotten_first(monkeypatch):
    monkeypatch.setattr(past, "_KINDS", 3)
    for kind in "abcda":
        remember(kind, PAST)
    assert [kind for kind in "abcd" if recall(kind)] == ["a", "c", "d"]


def test_a_cache_that_cannot_be_written_is_no_problem(monkeypatch, tmp_path, capfd):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EDGEFER_HOME", str(tmp_path / "file"))
    remember("a", PAST)
    assert recall("a") is None
    assert capfd.readouterr().err == ""
