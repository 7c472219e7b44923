"""Students through torch-tensorrt, where it is installed: the other way from PyTorch into the same TensorRT."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import engine_row
from edgefer.card import Precision
from edgefer.console import say
from edgefer.engine.build import build_engine
from edgefer.engine.options import Options
from edgefer.errors import EdgeferError
from edgefer.runtime.open import CHECKPOINTS

RUNTIME = "torch-tensorrt FP16"


def with_torch_tensorrt(rows: Sequence[Candidate], workspace: Path) -> list[Candidate]:
    """The rows, and behind them each student's FP16 engine by torch-tensorrt, or why it could not be built.

    Engines land in `workspace`, and take as many faces at once as those of `edgefer build-engine` by default.
    """
    files = {row.model: Path(row.target) for row in rows if _is_float_onnx(row)}
    students = [row for row in rows if row.kind is Kind.TORCH and row.role is Role.STUDENT and not row.why]
    ready = [row for row in students if row.model in files and Path(row.target).suffix in CHECKPOINTS]
    return [*rows, *(_row(row, files[row.model], workspace) for row in ready)]


def _is_float_onnx(row: Candidate) -> bool:
    plain = row.kind is Kind.ONNXRUNTIME and not row.why
    return plain and row.card is not None and row.card.precision is Precision.FP32


def _row(row: Candidate, onnx: Path, workspace: Path) -> Candidate:
    say(f"building {row.model} with torch-tensorrt")
    folder = Path(tempfile.mkdtemp(prefix="torch-tensorrt-", dir=workspace)) / "engine"
    asked = Options(torch_tensorrt=True)
    try:
        built = build_engine(onnx, Precision.FP16, folder, flavour="tensorrt", options=asked, model=Path(row.target))
    except EdgeferError as error:
        return row.model_copy(update={"runtime": RUNTIME, "kind": Kind.ENGINE, "target": "", "why": error.what})
    names = {"model": row.model, "runtime": RUNTIME, "note": row.note}
    return engine_row(built.engine, row.threads).model_copy(update=names)
