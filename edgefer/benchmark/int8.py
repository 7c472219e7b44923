"""The INT8 file of a student for ONNX Runtime on a CPU: the one that was built, else one made for this benchmark."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgefer import paths
from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import onnx_row
from edgefer.card import ModelCard, Precision
from edgefer.data import demo
from edgefer.engine.layout import cpu_folder_name
from edgefer.errors import EdgeferError, UsageError
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet, make_calibration_set
from edgefer.quantize.cpu import is_for_cpu, to_cpu_int8
from edgefer.quantize.pool import SPLIT, screen
from edgefer.quantize.source import own_set
from edgefer.runtime.onnx import read_card
from edgefer.trt.rebuild import ONNX

# Faces that set ranges; latency does not depend on their number, and a hundred settle ranges within a few percent.
_FACES = 140


def with_int8(rows: Sequence[Candidate], workspace: Path) -> list[Candidate]:
    """The rows, and behind each student's float32 ONNX file its INT8 form for CPUs where none is among them."""
    have = {row.model for row in rows if row.card and is_for_cpu(row.card)}
    found = []
    for row in rows:
        found.append(row)
        if _wants(row) and row.model not in have:
            have.add(row.model)
            found.append(_row(row, workspace))
    return found


def _wants(row: Candidate) -> bool:
    plain = row.kind is Kind.ONNXRUNTIME and row.role is Role.STUDENT and not row.why
    return plain and row.card is not None and row.card.precision is Precision.FP32


def _row(source: Candidate, workspace: Path) -> Candidate:
    assert source.card is not None
    if (built := _built(source.card)) is not None:
        return onnx_row(built, source.threads, source.role, source.note).model_copy(update={"model": source.model})
    folder = Path(tempfile.mkdtemp(prefix="int8-", dir=workspace))
    file = folder / ONNX
    row = source.model_copy(update={"runtime": "ONNX Runtime INT8", "target": str(file)})
    try:
        calibration = _calibration(source.card, Path(source.target), folder / "calibration")
        to_cpu_int8(Path(source.target), calibration, file)
    except EdgeferError as error:
        why = f"INT8 for a CPU could not be made: {error.what}"
        return row.model_copy(update={"target": "", "card": None, "why": why})
    model, card = graph.load(file)
    # What the card holds was measured on the float32 file.
    card = card.but(measured=())
    graph.save(model, card, file)
    faces = calibration.manifest
    how = f"made for this benchmark, calibrated on {len(calibration)} faces of {faces.dataset} {faces.split}"
    return row.model_copy(update={"card": card, "note": "; ".join(filter(None, (source.note, how)))})


def _built(card: ModelCard) -> Path | None:
    """What `edgefer build-engine --precision int8 --target cpu` left, if it was made of this very model."""
    file = paths.ENGINES / cpu_folder_name(card.name) / ONNX
    if not file.is_file():
        return None
    try:
        other = read_card(file)
    except EdgeferError:
        return None
    same = (other.provenance, other.input, other.labels) == (card.provenance, card.input, card.labels)
    return file if is_for_cpu(other) and same else None


def _calibration(card: ModelCard, model: Path, folder: Path) -> CalibrationSet:
    """The model's own set where it is there, else one of what it was trained on or of drawn faces, in `folder`."""
    if card.provenance.dataset not in {"", demo.NAME}:
        try:
            own = own_set(card, model)
        except UsageError:
            pass
        else:
            return own.made or make_calibration_set(own.pool, card, min(own.count, _FACES), folder)
    # No two of its splits share a face, so that the others need not be drawn to look for copies.
    pool = screen(demo.demo_faces(SPLIT, _FACES), (), demo.NAME)
    return make_calibration_set(pool, card, pool.left, folder)
