"""docs/model-cards.md is what scripts/model_cards.py makes of the shipped files, and its evidence is of these very files."""

from __future__ import annotations

import importlib
import re

import pytest

from edgefer.paths import sha256
from edgefer.runtime.find import shipped_students
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "model-cards.md"
STUDENTS = sorted(shipped_students())


@pytest.fixture
def script(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts"))
    return importlib.import_module("model_cards")


def test_the_page_is_what_the_script_writes(script):
    assert PAGE.read_text(encoding="utf-8") == script.text(), "run: python scripts/model_cards.py"


def test_every_shipped_file_has_its_hash_in_the_page():
    told = dict(re.findall(r"^\| `(\S+)` \| [\d.]+ MB, SHA-256 `([0-9a-f]{64})` \|$", PAGE.read_text(), re.MULTILINE))
    files = [file for file in (ROOT / "edgefer" / "students").iterdir() if file.is_file()]
    assert told == {file.name: sha256(file) for file in files}


@pytest.mark.parametrize("name", STUDENTS)
def test_the_evaluations_are_of_the_shipped_file(script, name):
    """They were measured in ONNX Runtime, the card in PyTorch: every face has the same label in both."""
    known = script.evidence(name)
    measured = {one.protocol: one for one in known.card.measured}
    assert known.found["model"] == known.audited["model"] == name
    for protocol, found in (
        ("official", known.found),
        ("leak-free", known.found["second"]),
        ("official", known.audited),
    ):
        if protocol in measured:
            assert found["accuracy"] == pytest.approx(measured[protocol].accuracy, abs=1e-12)
            recalls = {emotion: one["recall"] for emotion, one in found["emotions"].items()}
            assert recalls == pytest.approx(measured[protocol].recall, abs=1e-12)
    assert known.audited["second"]["protocol"] == "without the faces of audit.json"


def test_a_changed_figure_changes_the_page(script, monkeypatch):
    usual = script.evidence

    def other(name):
        known = usual(name)
        known.found["emotions"]["disgust"]["recall"] = 0.999
        return known

    monkeypatch.setattr(script, "evidence", other)
    assert "99.9 (" in script.text()
    assert script.text() != PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", STUDENTS)
def test_the_epoch_is_the_card_s(script, name):
    assert script._best(name) == script.evidence(name).card.provenance.epochs
