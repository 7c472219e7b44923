"""INT8 accuracy against the number of calibration faces: how many are enough for a model."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from edgefer.console import Step, progress
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError, UsageError
from edgefer.evaluate import metrics
from edgefer.evaluate.answers import Answers, answer
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.method import DEFAULT, Method
from edgefer.quantize.pool import SPLIT, Pool
from edgefer.quantize.ranges import passes
from edgefer.runtime.onnx import OnnxSession

SIZES = (16, 32, 64, 128, 256, 512, 1024, 2048)
# Small sets differ most from draw to draw, and cost least.
REPEATS, REPEATED_TO = 3, 256
# Less is lost in the draw of the faces and in the number of judged ones.
NEAR = 0.01


@dataclass(frozen=True)
class Trial:
    """INT8 from one calibration set. Shares are 0..1.

    faces, seed: of the set. same_label: share of judged faces given the label that FP32 gives. worst_emotion: the one
    whose recall fell most below FP32's, and worst_drop by how much; below 0 when every emotion gained.
    """

    faces: int
    seed: int
    accuracy: float
    same_label: float
    worst_emotion: str
    worst_drop: float


@dataclass(frozen=True)
class Curve:
    """All trials of a model, ascending by number of faces. accuracy: FP32's, 0..1, on the same judged faces.

    dataset, data_sha256: what was calibrated on. judged_split, judged_sha256, judged_faces: what accuracy was measured
    on, of the same dataset. backend: what ran the networks. method: how ranges were chosen.
    """

    model: str
    backend: str
    dataset: str
    data_sha256: str
    judged_split: str
    judged_sha256: str
    judged_faces: int
    accuracy: float
    trials: tuple[Trial, ...]
    method: Method = DEFAULT

    def __post_init__(self) -> None:
        if not self.trials:
            raise DataError("a curve needs at least one calibration set")

    @property
    def by_faces(self) -> dict[int, tuple[Trial, ...]]:
        """The trials of each number of faces, ascending."""
        sizes = sorted({trial.faces for trial in self.trials})
        return {faces: tuple(trial for trial in self.trials if trial.faces == faces) for faces in sizes}

    @property
    def largest(self) -> float:
        """Accuracy with the most faces, 0..1; the mean where that was repeated."""
        return fmean(trial.accuracy for trial in self.by_faces[max(self.by_faces)])

    @property
    def spread(self) -> float:
        """The largest difference in accuracy between two draws of one size, 0..1."""
        sizes = ([trial.accuracy for trial in trials] for trials in self.by_faces.values())
        return max(max(scores) - min(scores) for scores in sizes)

    @property
    def enough(self) -> int | None:
        """The smallest number of faces from which on every trial is within `NEAR` of `largest`; None if there is none."""
        found = None
        for faces, trials in reversed(self.by_faces.items()):
            if any(abs(trial.accuracy - self.largest) > NEAR for trial in trials):
                break
            found = faces
        return found

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            **asdict(self),
            "largest_accuracy": self.largest,
            "spread": self.spread,
            "near": NEAR,
            "enough": self.enough,
        }


def curve_plan(
    left: int, largest: int | None = None, repeats: int | None = None, seed: int = 0
) -> list[tuple[int, int]]:
    """(faces, seed) of each set of a curve: every size of `SIZES` up to `largest` for which `left` faces suffice.

    Sizes up to `REPEATED_TO` are drawn `repeats` times, with the seeds from `seed` on. Raises UsageError when not even
    the smallest size is possible.
    """
    most = min(left, largest or SIZES[-1])
    if most < SIZES[0]:
        raise UsageError(
            f"a curve begins at {SIZES[0]} calibration faces, and this one may use {most}",
            "name more faces with --data" if left < SIZES[0] else "raise --count",
        )
    draws = {size: (repeats or REPEATS) if size <= REPEATED_TO else 1 for size in SIZES if size <= most}
    return [(size, seed + draw) for size, number in draws.items() for draw in range(number)]


def calibration_curve(onnx: Path, pool: Pool, judged: FaceSet, plan: Sequence[tuple[int, int]]) -> Curve:
    """Quantise a float32 ONNX file with each set of `plan` (faces, seed), and judge each by ONNX Runtime.

    The quantised files are temporary. Raises UsageError when `judged` is the Training split, and as
    `make_calibration_set`, `to_int8` and `answer`.
    """
    if judged.split == SPLIT:
        raise UsageError(f"{SPLIT} faces set the ranges and cannot judge them", "name another split with --split")
    work = passes(DEFAULT) * sum(faces for faces, _ in plan) + (len(plan) + 1) * len(judged)
    with progress("calibration curve", work) as step:
        with OnnxSession(onnx) as session:
            reference = answer(session, judged, step=step)
        trials = [_trial(onnx, reference, pool, faces, seed, step) for faces, seed in sorted(plan)]
    return Curve(
        model=reference.card.name,
        backend=reference.backend,
        dataset=pool.faces.name,
        data_sha256=pool.faces.sha256,
        judged_split=judged.split,
        judged_sha256=judged.sha256,
        judged_faces=len(judged),
        accuracy=metrics.accuracy(_confusion(reference)),
        trials=tuple(trials),
    )


def _trial(onnx: Path, reference: Answers, pool: Pool, faces: int, seed: int, step: Step) -> Trial:
    def count(advance: int, _: str) -> None:
        step(advance, f"INT8 from {faces:,} faces")

    with tempfile.TemporaryDirectory(prefix="edgefer-curve-") as folder:
        calibration = make_calibration_set(pool, reference.card, faces, Path(folder) / "set", seed)
        int8 = Path(folder) / "int8.onnx"
        to_int8(onnx, calibration, int8, step=count)
        with OnnxSession(int8) as session:
            answers = answer(session, reference.faces, step=count)
    drops = _drops(reference, answers)
    return Trial(
        faces=faces,
        seed=seed,
        accuracy=metrics.accuracy(_confusion(answers)),
        same_label=float((answers.predicted == reference.predicted).mean()),
        worst_emotion=(worst := max(drops, key=drops.__getitem__)),
        worst_drop=drops[worst],
    )


def _confusion(answers: Answers) -> metrics.Confusion:
    return metrics.confusion_matrix(answers.truth, answers.predicted, len(answers.emotions))


def _drops(before: Answers, after: Answers) -> dict[str, float]:
    """By how much the recall of each emotion that has faces fell, 0..1."""
    scores = (metrics.emotion_scores(_confusion(answers)) for answers in (before, after))
    return {
        name: old.recall - new.recall
        for name, old, new in zip(before.emotions, *scores, strict=True)
        if old.recall is not None and new.recall is not None
    }
