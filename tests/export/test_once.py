"""An ONNX file is kept when it is of the very same checkpoint, whole, and of these versions."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from edgefer.export import once
from edgefer.export.once import export_recorded, find_exported
from edgefer.paths import sha256
from tests.nets import card, write_checkpoint

CHECKPOINT, ONNX, RECORD = Path("run/best.safetensors"), Path("run/tiny.onnx"), Path("run/tiny.export.json")


@pytest.fixture
def exported():
    write_checkpoint(CHECKPOINT)
    return export_recorded(CHECKPOINT, ONNX, "demo")


def test_what_was_exported_is_found_with_its_card_and_its_agreement(exported):
    found = find_exported(CHECKPOINT, ONNX)
    assert found.exported == exported
    assert found.why == "of this very checkpoint"
    first = sha256(ONNX)
    export_recorded(CHECKPOINT, ONNX, "demo")
    assert sha256(ONNX) == first


def test_whatever_differs_is_named(exported, monkeypatch):
    def why() -> str:
        found = find_exported(CHECKPOINT, ONNX)
        assert found.exported is None
        return found.why

    with monkeypatch.context() as patch:
        patch.setattr(once, "tools_here", lambda: {**exported.card.tools, "torch": "9.9"})
        assert why() == f"of other versions: torch was {exported.card.tools['torch']}, now 9.9"
    whole = ONNX.read_bytes()
    ONNX.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    assert why() == "not as it was exported"
    ONNX.write_bytes(whole)
    record = RECORD.read_text()
    RECORD.write_text(json.dumps({**json.loads(record), "format": 2}))
    assert why() == f"{RECORD} is of another edgefer"
    for damaged in ("", "[]", "{}", record[:-20], record.replace("same_label", "label")):
        RECORD.write_text(damaged)
        assert why() == "nothing says what it was exported from"
    RECORD.unlink()
    assert why() == "nothing says what it was exported from"
    RECORD.write_text(record)
    assert find_exported(CHECKPOINT, ONNX).exported is not None
    write_checkpoint(CHECKPOINT, card(name="other"))
    assert why() == "of another checkpoint"
    ONNX.unlink()
    assert why() == "not there"
