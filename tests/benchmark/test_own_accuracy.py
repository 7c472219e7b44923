from __future__ import annotations

import pytest

from edgefer.benchmark.candidate import Candidate, Kind
from edgefer.benchmark.fresh import UNTRAINED
from edgefer.benchmark.own_accuracy import with_own_accuracy
from edgefer.card import Measurement
from edgefer.evaluate.evaluate import evaluate
from edgefer.runtime.onnx import OnnxSession
from tests import tiny_net
from tests.benchmark import results

FACES = tiny_net.faces(21, split="PublicTest")


def measured(backend, **changes):
    values = {"dataset": "demo", "split": "PublicTest", "faces": 700, "accuracy": 0.5, **changes}
    return Measurement(balanced_accuracy=0.5, macro_f1=0.5, recall={}, backend=backend, **values)


def result(path, *measurements, note="", **candidate):
    card = tiny_net.card(measured=measurements)
    values = {"model": "tiny", "runtime": "r", "kind": Kind.ONNXRUNTIME, "target": str(path), "threads": 1}
    one = Candidate(note=note, **values | candidate)
    row = results.row("tiny", "r", 1.0).model_copy(update={"candidate": one, "card": card})
    again = row.model_copy(update={"candidate": one.model_copy(update={"runtime": "r, 1 thread"})})
    return results.result([row, again])


@pytest.fixture
def path(tmp_path):
    return tiny_net.write(tmp_path / "t.onnx")


def test_a_file_that_inherited_its_accuracy_gets_its_own(path):
    found = with_own_accuracy(result(path, measured("torch cpu")), FACES)
    with OnnxSession(path) as session:
        expected = evaluate(session, FACES).to_measurement()
    for row in found.rows:
        assert row.measurement == expected
        assert not row.inherited
        assert len(row.card.measured) == 2


def test_the_same_file_is_asked_once(path, monkeypatch):
    opened = []
    monkeypatch.setattr(
        "edgefer.benchmark.own_accuracy.open_candidate", lambda one: opened.append(one) or OnnxSession(path)
    )
    with_own_accuracy(result(path), FACES)
    assert len(opened) == 1


def test_what_was_measured_on_these_very_faces_is_kept(path):
    own = measured("onnxruntime cpu", dataset="noise", faces=len(FACES))
    known = result(path, own)
    assert with_own_accuracy(known, FACES) == known
    elsewhere = result(path, measured("onnxruntime cpu"))
    assert with_own_accuracy(elsewhere, FACES).rows[0].measurement.dataset == "noise"


def test_fresh_weights_have_no_accuracy_worth_knowing(path):
    known = result(path, note=UNTRAINED)
    assert with_own_accuracy(known, FACES) == known


def test_a_row_that_cannot_be_asked_says_so_and_keeps_its_card(tmp_path, capfd):
    known = result(tmp_path / "gone.onnx", measured("torch cpu"))
    assert with_own_accuracy(known, FACES) == known
    assert "tiny, r is not evaluated: " in capfd.readouterr().err
