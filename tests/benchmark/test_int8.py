from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from edgefer.benchmark import int8
from edgefer.benchmark.candidate import Role
from edgefer.benchmark.int8 import with_int8
from edgefer.benchmark.rows import onnx_row
from edgefer.card import Measurement, Precision, Provenance
from edgefer.engine.layout import cpu_folder_name
from edgefer.errors import UsageError
from edgefer.quantize import graph
from edgefer.quantize.cpu import is_for_cpu
from edgefer.runtime.onnx import OnnxSession, read_card
from tests import tiny_net

MEASURED = Measurement(
    dataset="demo",
    split="PublicTest",
    faces=700,
    backend="onnxruntime cpu",
    accuracy=0.9,
    balanced_accuracy=0.9,
    macro_f1=0.9,
    recall={},
)


@pytest.fixture(scope="module")
def rows(tmp_path_factory):
    """A student, and what was made of it; once, for faces have to be drawn."""
    folder = tmp_path_factory.mktemp("int8")
    card = tiny_net.card(measured=(MEASURED,), provenance=Provenance())
    return with_int8([onnx_row(tiny_net.write(folder / "s.onnx", own_card=card), 1, Role.STUDENT)], folder)


@pytest.fixture
def student(rows):
    return rows[0]


@pytest.fixture
def made(rows):
    return rows[1]


def test_a_student_gets_its_int8_file_and_says_on_which_faces(rows, made):
    assert len(rows) == 2
    assert (made.model, made.runtime, made.why) == ("tiny", "ONNX Runtime INT8", "")
    assert "calibrated on 140 faces of demo Training" in made.note
    card = read_card(Path(made.target))
    assert is_for_cpu(card)
    assert graph.census(graph.load(Path(made.target))[0])["conv int8"] == 4
    with OnnxSession(Path(made.target)) as session:
        assert session.card.precision is Precision.INT8


def test_the_accuracy_of_the_float_file_is_not_passed_off_as_its_own(student, made):
    assert student.card.measured == (MEASURED,)
    assert made.card.measured == ()
    assert read_card(Path(made.target)).measured == ()


def test_a_file_that_is_there_is_taken_when_it_is_of_this_model(student, made, tmp_path, monkeypatch):
    model, card = graph.load(Path(made.target))
    built = Path("engines") / cpu_folder_name("tiny") / "model.onnx"
    built.parent.mkdir(parents=True)
    graph.save(model, card.but(measured=(MEASURED,)), built)
    found = with_int8([student], tmp_path)[1]
    assert (found.target, found.note) == (str(built.resolve()), "")
    assert found.card.measured == (MEASURED,)
    graph.save(model, card.but(provenance=Provenance(dataset="demo", seed=7)), built)
    monkeypatch.setattr(int8, "_calibration", refuse)
    assert "no faces today" in with_int8([student], tmp_path)[1].why


def refuse(*_words):
    raise UsageError("no faces today", "wait")


def test_what_has_one_or_is_no_student_gets_none(rows, student, tmp_path):
    assert with_int8(rows, tmp_path) == rows
    teacher = student.model_copy(update={"role": Role.TEACHER})
    broken = student.model_copy(update={"why": "damaged"})
    for row in (teacher, broken):
        assert with_int8([row], tmp_path) == [row]


def test_what_cannot_be_made_keeps_a_row_with_the_reason(student, tmp_path, monkeypatch):
    monkeypatch.setattr(int8, "_calibration", refuse)
    row = with_int8([student], tmp_path)[1]
    assert row.target == ""
    assert row.why == "INT8 for a CPU could not be made: no faces today"


def test_faces_that_a_model_was_trained_on_come_first(tmp_path, monkeypatch):
    """Its own set as it is where it was made before, else one drawn from the same faces."""
    asked = []
    own = SimpleNamespace(made="the set that is there", pool="pool", count=512)
    monkeypatch.setattr(int8, "own_set", lambda card, model: asked.append(model) or own)
    monkeypatch.setattr(int8, "make_calibration_set", lambda pool, card, count, folder: (pool, count))
    card = tiny_net.card(provenance=Provenance(dataset="fer2013"))
    assert int8._calibration(card, Path("x.onnx"), tmp_path / "c") == "the set that is there"
    own.made = None
    assert int8._calibration(card, Path("x.onnx"), tmp_path / "c") == ("pool", 140)
    assert asked == [Path("x.onnx")] * 2
