"""From the models that a user names to the rows of the suite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.candidate import Candidate, Kind, Role
from edgefer.benchmark.rows import engine_row, exported_row, onnx_row, torch_row
from edgefer.card import FILE, ModelCard, Precision
from edgefer.errors import ArtifactError
from edgefer.paths import ENGINES, sha256
from edgefer.runtime.find import find_student
from edgefer.runtime.onnx import read_card
from edgefer.runtime.open import CHECKPOINTS, artifact
from edgefer.runtime.open import ENGINES as PLANS


def student_rows(
    models: Sequence[Path], faces: npt.NDArray[np.uint8], workspace: Path, threads: int, trust: bool = False
) -> list[Candidate]:
    """Rows for checkpoints, ONNX files, engines and folders of them.

    An ONNX file or an engine is one row. A checkpoint is three: in PyTorch, and as FP32 and INT8 in ONNX Runtime, from
    the ONNX files beside it, else exported into `workspace` (checked on `faces`, uint8, at least one). A folder is
    everything in it: its best checkpoint, one ONNX file a precision, every engine; runs inside a run are left out.
    Raises ArtifactError for a path that does not exist or is no model.
    """
    rows: list[Candidate] = []
    for model in models:
        if model.is_dir():
            rows += _folder(model, faces, workspace, threads, trust)
            continue
        artifact(model)
        if model.suffix in CHECKPOINTS:
            rows += _checkpoint(
                model, _onnx_rows(sorted(model.parent.glob("*.onnx")), threads), faces, workspace, threads
            )
        elif model.suffix == ".onnx":
            rows.append(onnx_row(model, threads, Role.STUDENT))
        else:
            rows.append(engine_row(model, threads, trust))
    return _in_order(_distinct(rows))


def default_models() -> tuple[list[Path], str]:
    """The newest student, and the folders under `engines/` of what was built from it; and why that student."""
    student, reason = find_student()
    name = torch_row(student, 1, Role.STUDENT).model if student.suffix in CHECKPOINTS else read_card(student).name
    folders = {path.parent for path in ENGINES.glob("*/*") if path.suffix in PLANS and _built_from(path) == name}
    return [student, *sorted(folders)], reason


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
    """A checkpoint's rows, given the ONNX files that lie beside it."""
    here = torch_row(path, threads, Role.STUDENT)
    rows = [here]
    have = {row.card.precision for row in onnx if row.card}
    if Precision.FP32 not in have:
        rows.append(exported_row(path, faces, workspace, threads, Role.STUDENT))
    rows += onnx
    if Precision.INT8 not in have:
        rows.append(
            Candidate(
                model=here.model,
                runtime="ONNX Runtime INT8",
                kind=Kind.ONNXRUNTIME,
                target="",
                threads=threads,
                why=f"no INT8 ONNX file yet: edgefer build-engine {path} --precision int8",
            )
        )
    return rows


def _onnx_rows(paths: Iterable[Path], threads: int) -> list[Candidate]:
    """One row a model and precision, without the files that only engines are built from."""
    rows: dict[str, Candidate] = {}
    for path in paths:
        row = onnx_row(path, threads, Role.STUDENT)
        if row.card is None or not _for_engines_only(row.card):
            rows.setdefault(row.name, row)
    return list(rows.values())


def _for_engines_only(card: ModelCard) -> bool:
    """Precisions that a CPU only emulates. To measure such a file all the same, name it."""
    return card.precision in {Precision.FP16, Precision.BF16, Precision.FP8} or "mixed" in card.tools


def _distinct(rows: Sequence[Candidate]) -> list[Candidate]:
    """One row a file, and one name a row: rows that share a name get their folder's name, then their whole path.

    A row that only says what is missing goes when another folder has it, and so does the ONNX file beside an engine when
    the run has its own.
    """
    unique: dict[tuple[Kind, str], Candidate] = {}
    for row in rows:
        unique.setdefault((row.kind, _identity(row)), row)
    first_hand = {row.name for row in unique.values() if row.target and not _beside_engine(row)}
    second_hand = {row.name for row in unique.values() if row.target}
    kept = [
        row
        for row in unique.values()
        if not (row.name in first_hand and _beside_engine(row)) and (row.target or row.name not in second_hand)
    ]
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
