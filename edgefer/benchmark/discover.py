"""From the models that a user names to the rows of the suite."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.fresh import fresh_rows
from edgefer.benchmark.rows import engine_row, exported_row, has_torch, onnx_row, torch_row
from edgefer.card import FILE, InputSpec, ModelCard, Precision
from edgefer.errors import ArtifactError, UsageError
from edgefer.models.registry import ARCHITECTURES
from edgefer.paths import ENGINES, sha256
from edgefer.quantize.cpu import is_for_cpu
from edgefer.runtime.find import find_student, shipped_checkpoint, shipped_students
from edgefer.runtime.onnx import read_card
from edgefer.runtime.open import CHECKPOINTS, artifact
from edgefer.runtime.open import ENGINES as PLANS

DEFAULT_INPUT = InputSpec(height=64, width=64)


def student_rows(
    models: Sequence[str | Path],
    faces: npt.NDArray[np.uint8],
    workspace: Path,
    threads: int,
    trust: bool = False,
    spec: InputSpec = DEFAULT_INPUT,
) -> list[Candidate]:
    """Rows for checkpoints, ONNX files, engines, folders of them, and names of shipped students and of architectures.

    An ONNX file or an engine is one row. A checkpoint is two: in PyTorch and in ONNX Runtime, from the ONNX file beside
    it, else exported into `workspace` (checked on `faces`, uint8, at least one). A folder is everything in it: its best
    checkpoint, one ONNX file a precision, every engine; runs inside a run are left out. An architecture gets fresh
    weights and the input `spec`. Raises ArtifactError for a path that does not exist or is no model, UsageError for a
    misspelt name.
    """
    rows: list[Candidate] = []
    for model in models:
        if str(model) in ARCHITECTURES and not Path(model).exists():
            rows += fresh_rows(str(model), spec, faces, workspace, threads, Role.STUDENT)
        else:
            rows += _files(_path(model), faces, workspace, threads, trust)
    return _in_order(_distinct(rows))


def _path(model: str | Path) -> Path:
    """What a user means: a path, or the name of a student that edgefer ships."""
    path, shipped = Path(model), shipped_students()
    if not path.exists() and str(model) in shipped:
        return _shipped(shipped[str(model)])
    known = (*shipped, *ARCHITECTURES)
    near = difflib.get_close_matches(str(model), known, n=1)
    if near and not path.exists() and path.suffix not in {*CHECKPOINTS, *PLANS, ".onnx"}:
        raise UsageError(f"there is no file, student or architecture '{model}'", f"did you mean '{near[0]}'?")
    return path


def _shipped(onnx: Path) -> Path:
    """Its checkpoint, which brings the ONNX file along; the ONNX file alone where there is no PyTorch to open it."""
    return shipped_checkpoint(onnx.stem) if has_torch() and onnx.with_suffix(".safetensors").is_file() else onnx


def _files(model: Path, faces: npt.NDArray[np.uint8], workspace: Path, threads: int, trust: bool) -> list[Candidate]:
    if model.is_dir():
        return _folder(model, faces, workspace, threads, trust)
    artifact(model)
    if model.suffix in CHECKPOINTS:
        return _checkpoint(model, _onnx_rows(sorted(model.parent.glob("*.onnx")), threads), faces, workspace, threads)
    return [onnx_row(model, threads, Role.STUDENT) if model.suffix == ".onnx" else engine_row(model, threads, trust)]


def default_models() -> tuple[list[Path], str]:
    """The newest student, and the folders under `engines/` of what was built from it; and why that student."""
    student, reason = find_student()
    name = torch_row(student, 1, Role.STUDENT).model if student.suffix in CHECKPOINTS else read_card(student).name
    folders = {path.parent for path in ENGINES.glob("*/*") if path.suffix in PLANS and _built_from(path) == name}
    return [_shipped(student) if student in shipped_students().values() else student, *sorted(folders)], reason


def _built_from(plan: Path) -> str:
    """The model's name on an engine's card; empty when it has no readable one."""
    try:
        return ModelCard.beside(plan).name
    except ArtifactError:
        return ""


def _folder(folder: Path, faces: npt.NDArray[np.uint8], workspace: Path, threads: int, trust: bool) -> list[Candidate]:
    runs = sorted(path.parent for path in folder.rglob("best.safetensors"))
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    own = [path for path in files if not any(run in path.parents for run in runs if run != folder)]
    onnx = _onnx_rows((path for path in own if path.suffix == ".onnx"), threads)
    engines = [engine_row(path, threads, trust) for path in own if path.suffix in PLANS]
    if folder in runs:
        return [*_checkpoint(folder / "best.safetensors", onnx, faces, workspace, threads), *engines]
    nested = [row for run in runs for row in _folder(run, faces, workspace, threads, trust)]
    rows = [*nested, *onnx, *engines]
    if not rows:
        raise ArtifactError(
            f"{folder} is a directory with no checkpoint, ONNX file or engine in it", "name a model file"
        )
    return rows


def _checkpoint(
    path: Path, onnx: list[Candidate], faces: npt.NDArray[np.uint8], workspace: Path, threads: int
) -> list[Candidate]:
    """A checkpoint's rows, given the ONNX files that lie beside it, of which some may be other models'."""
    here = torch_row(path, threads, Role.STUDENT)
    own = [row for row in onnx if None in (here.card, row.card) or row.model == here.model]
    exported = any(row.card.precision is Precision.FP32 for row in own if row.card)
    return [here, *own] if exported else [here, exported_row(path, faces, workspace, threads, Role.STUDENT), *own]


def _onnx_rows(paths: Iterable[Path], threads: int) -> list[Candidate]:
    """One row a model and precision, without the files that only engines are built from."""
    rows: dict[str, Candidate] = {}
    for path in paths:
        row = onnx_row(path, threads, Role.STUDENT)
        if row.card is None or not _for_engines_only(row.card):
            rows.setdefault(row.name, row)
    return list(rows.values())


def _for_engines_only(card: ModelCard) -> bool:
    """Precisions that a CPU only emulates, and INT8 in TensorRT's form, which is slow there. Named ones are measured."""
    return card.precision is not Precision.FP32 and not is_for_cpu(card)


def _distinct(rows: Sequence[Candidate]) -> list[Candidate]:
    """One row a file, and one name a row: rows that share a name get their folder's name, then their whole path."""
    unique: dict[tuple[Kind, str], Candidate] = {}
    for row in rows:
        unique.setdefault((row.kind, _identity(row)), row)
    kept = list(unique.values())
    first_hand = {row.name for row in kept if not _beside_engine(row)}
    kept = [row for row in kept if not (row.name in first_hand and _beside_engine(row))]
    for label in (lambda path: path.parent.name, str):
        names = [row.name for row in kept]
        kept = [
            row.model_copy(update={"model": f"{row.model} ({label(Path(row.target))})"})
            if names.count(row.name) > 1
            else row
            for row in kept
        ]
    return kept


def _in_order(rows: Sequence[Candidate]) -> list[Candidate]:
    """Models as they were named; within one PyTorch, ONNX Runtime, engines; within those by precision."""
    models, kinds = list(dict.fromkeys(row.model for row in rows)), list(Kind)
    return sorted(rows, key=lambda row: (models.index(row.model), kinds.index(row.kind), row.runtime))


def _beside_engine(row: Candidate) -> bool:
    return row.kind is Kind.ONNXRUNTIME and (Path(row.target).parent / FILE).is_file()


def _identity(row: Candidate) -> str:
    """What a row measures: its file's content, for a builder leaves a copy of the ONNX file beside the engine."""
    path = Path(row.target)
    return sha256(path) if row.target and path.is_file() else f"{row.target} {row.name}"
