"""The benchmark as users ask for it: models and a teacher by name, faces from a set."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.benchmark.abilities import probe
from edgefer.benchmark.candidate import Candidate, all_threads
from edgefer.benchmark.discover import DEFAULT_INPUT, default_models, student_rows
from edgefer.benchmark.int8 import with_int8
from edgefer.benchmark.judgement import judge
from edgefer.benchmark.own_accuracy import with_own_accuracy
from edgefer.benchmark.protocol import DEFAULT, Protocol
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.suite import run_suite, steps
from edgefer.benchmark.teacher import teacher_rows
from edgefer.benchmark.torch_tensorrt import with_torch_tensorrt
from edgefer.benchmark.variants import EVERYTHING, Wish, left_out, variants
from edgefer.card import InputSpec
from edgefer.console import progress, say
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError, Interrupted


@dataclass(frozen=True)
class Suite:
    """The rows of a benchmark before they are measured, and what this machine leaves out of it, a sentence a reason."""

    candidates: tuple[Candidate, ...]
    left_out: tuple[str, ...]


def benchmark_models(
    models: Sequence[str | Path],
    teacher: str,
    faces: FaceSet,
    *,
    how: Protocol = DEFAULT,
    wish: Wish = EVERYTHING,
    size: int | None = None,
    trust: bool = False,
    evaluate: bool = False,
) -> BenchmarkResult:
    """Make the rows, measure them as `run_suite`, show progress on stderr.

    models, teacher: see `student_rows` and `teacher_rows`; without models those of `default_models`. size: pixels a side
    of what is named by architecture; None for the first model's own, else 64. evaluate: afterwards label all of `faces`
    with every row that was not measured on them itself. Raises Interrupted on Ctrl-C.
    """
    try:
        return _benchmark(models or _default(), teacher, faces, how, wish, size, trust, evaluate)
    except KeyboardInterrupt as error:
        raise Interrupted("the benchmark was stopped, nothing was kept", "--quick takes seconds a row") from error


def _default() -> list[Path]:
    found, reason = default_models()
    say(f"{found[0]}: {reason}")
    return found


def _benchmark(
    models: Sequence[str | Path],
    teacher: str,
    faces: FaceSet,
    how: Protocol,
    wish: Wish,
    size: int | None,
    trust: bool,
    evaluate: bool,
) -> BenchmarkResult:
    if not len(faces):
        raise DataError(f"{faces.name} {faces.split} holds no faces to feed", "take another split")
    pixels = np.asarray(faces.pixels[: max(how.batches)])
    with tempfile.TemporaryDirectory(prefix="edgefer-") as place:
        workspace = Path(place)
        np.save(workspace / "faces.npy", pixels)
        suite = make_suite(models, teacher, pixels, workspace, wish, size, trust)
        for reason in suite.left_out:
            say(f"left out: {reason}")
        runnable = sum(not row.why for row in suite.candidates)
        say(f"{runnable} rows, about {foretold(suite.candidates, how):.0f} s")
        with progress("benchmark", steps(suite.candidates, how)) as step:
            result = run_suite(
                suite.candidates,
                workspace / "faces.npy",
                how,
                faces_name=f"{faces.name} {faces.split}",
                step=step,
            )
        result = result.model_copy(update={"left_out": suite.left_out})
        result = with_own_accuracy(result, faces) if evaluate else result
        return result.model_copy(update={"verdicts": judge(result)})


def make_suite(
    models: Sequence[str | Path],
    teacher: str,
    pixels: npt.NDArray[np.uint8],
    workspace: Path,
    wish: Wish = EVERYTHING,
    size: int | None = None,
    trust: bool = False,
) -> Suite:
    """The teacher's rows, then the students', each in all the ways that this machine has.

    pixels: uint8 faces, at least one, to check exports on. What has to be made lands in `workspace`, which must outlive
    the suite.
    """
    spec = InputSpec(height=size, width=size) if size else DEFAULT_INPUT
    students = student_rows(models, pixels, workspace, all_threads(), trust, spec)
    if not size:
        spec = next((row.card.input for row in students if row.card), spec)
    say(f"preparing the teacher, {teacher}")
    rows = [*teacher_rows(teacher, spec, pixels, workspace, all_threads()), *students]
    if wish.int8:
        rows = with_int8(rows, workspace)
    here = probe()
    if not here.torch_tensorrt:
        rows = with_torch_tensorrt(rows, workspace)
    ways = tuple(way for row in rows for way in variants(row, here, wish))
    return Suite(ways, left_out(rows, here, wish))


def foretold(candidates: Sequence[Candidate], how: Protocol) -> float:
    """Seconds that a suite takes, roughly: cells on a quiet machine often end earlier, ones with slow calls later."""
    start = 3.0
    cells = sum(how.effort(batch).seconds + how.rounds * how.warm_s + 0.3 for batch in how.batches)
    return sum(start + cells for candidate in candidates if not candidate.why)
