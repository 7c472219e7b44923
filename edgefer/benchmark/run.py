"""The benchmark as users ask for it: models and a teacher by name, faces from a set."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgefer.benchmark.candidate import Candidate, all_threads
from edgefer.benchmark.discover import student_rows
from edgefer.benchmark.protocol import DEFAULT, Protocol
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.suite import run_suite, steps
from edgefer.benchmark.teacher import teacher_rows
from edgefer.card import InputSpec
from edgefer.console import progress, say
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError


def benchmark_models(
    models: Sequence[Path],
    teacher: str,
    faces: FaceSet,
    *,
    how: Protocol = DEFAULT,
    threads: int | None = None,
    trust: bool = False,
) -> BenchmarkResult:
    """Make the rows (see `student_rows` and `teacher_rows`), measure them as `run_suite`, show progress on stderr.

    A teacher given as an architecture gets the first model's input size. threads: None is every core.
    """
    if not len(faces):
        raise DataError(f"{faces.name} {faces.split} holds no faces to feed", "take another split")
    pixels = np.asarray(faces.pixels[: max(how.batches)])
    with tempfile.TemporaryDirectory(prefix="edgefer-") as place:
        workspace = Path(place)
        np.save(workspace / "faces.npy", pixels)
        candidates = _candidates(models, teacher, pixels, workspace, threads or all_threads(), trust)
        with progress("benchmark", steps(candidates, how)) as step:
            return run_suite(
                candidates,
                workspace / "faces.npy",
                how,
                faces_name=f"{faces.name} {faces.split}",
                step=step,
            )


def _candidates(
    models: Sequence[Path], teacher: str, pixels: np.ndarray, workspace: Path, threads: int, trust: bool
) -> list[Candidate]:
    """The teacher's rows, then the students'."""
    students = student_rows(models, pixels, workspace, threads, trust)
    spec = next((row.card.input for row in students if row.card), InputSpec(height=64, width=64))
    say(f"preparing the teacher, {teacher}")
    return [*teacher_rows(teacher, spec, pixels, workspace, threads), *students]
