"""From a float32 file and its calibration set to a sensitivity, or to the convolutions that must stay in float.

Three kinds of faces, none in two of them: calibration faces set ranges, other Training faces rank the layers, and the
split that `edgefer evaluate` would take judges.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.console import progress, say
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces, split_names
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.evaluate.answers import Answers
from edgefer.evaluate.protocol import TRAINING, default_split
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.draw import draw
from edgefer.quantize.exclusion import Exclusion, Limits, exclude
from edgefer.quantize.method import DEFAULT, PERCENTILE, Method
from edgefer.quantize.sensitivity import Sensitivity, measure
from edgefer.quantize.sensitivity_text import attempt_line
from edgefer.quantize.source import training_pool
from edgefer.quantize.trials import Trials, open_trials
from edgefer.runtime.onnx import read_card

# More faces do not change the order (docs/engines.md).
COUNT = 1024


def find_sensitivity(
    src: Path,
    calibration: CalibrationSet,
    count: int | None = None,
    seed: int = 0,
    method: Method = DEFAULT,
    percentile: float = PERCENTILE,
) -> Sensitivity:
    """What INT8 in each convolution of a float32 file alone does, on `count` faces as `ranking_faces`; shows progress.

    Raises as `ranking_faces` and `open_trials`.
    """
    faces = ranking_faces(read_card(src), calibration, count, seed)
    return _rank(open_trials(src, calibration, method, percentile), faces)


def find_exclusion(
    src: Path,
    calibration: CalibrationSet,
    limits: Limits,
    method: Method = DEFAULT,
    percentile: float = PERCENTILE,
) -> Exclusion:
    """Which convolutions of a float32 file must stay in float for INT8 (half precision elsewhere) to hold limits.

    Shows progress; `Exclusion.check` says whether they are held. Raises as `judging_faces`, `ranking_faces` and
    `open_trials`.
    """
    card = read_card(src)
    judges = judging_faces(card, calibration)
    trials = open_trials(src, calibration, method, percentile)

    def ask(left: Collection[str]) -> Answers:
        every = len(left) == len(trials.layers)
        title = "without INT8" if every else f"INT8, {len(left)} of {len(trials.layers)} convolutions in float"
        with progress(title, len(judges)) as step:
            return trials.in_half(left, judges, step)

    with progress("float32", len(judges)) as step:
        reference = trials.reference(judges, step)

    def rank() -> Sensitivity:
        return _rank(trials, ranking_faces(card, calibration))

    return exclude(trials.layers, reference, ask, rank, limits, lambda attempt: say(attempt_line(attempt)))


def ranking_faces(card: ModelCard, calibration: CalibrationSet, count: int | None = None, seed: int = 0) -> FaceSet:
    """Training faces, even over emotions and brightness, that are neither in the calibration set nor in another split.

    count: by default `COUNT`, or all where there are fewer. Raises UsageError when the faces that the set was drawn
    from are not on this machine, ArtifactError when they have changed, DataError when fewer than `count` are left.
    """
    manifest = calibration.manifest
    listed = Path(manifest.exclude.file) if manifest.exclude else None
    pool = training_pool(card, manifest.source, listed if listed and listed.is_file() else None)
    if pool.faces.sha256 != manifest.data_sha256:
        raise ArtifactError(
            f"{calibration.folder} was drawn from other faces than {pool.faces.name} {pool.faces.split} holds now",
            "make a new one with: edgefer calibrate",
        )
    allowed = pool.allowed.copy()
    allowed[list(manifest.rows)] = False
    pool = replace(pool, allowed=allowed)
    if not 0 < (count or 1) <= pool.left:
        raise DataError(
            f"{pool.faces.name} {pool.faces.split} has {pool.left:,} faces that are not in {calibration.folder}, and"
            f" {count or 1:,} are to rank the layers",
            f"use --count with 1 to {pool.left}" if pool.left else "make a smaller set with: edgefer calibrate --count",
        )
    return pool.faces.take(draw(pool, count or min(COUNT, pool.left), seed))


def judging_faces(card: ModelCard, calibration: CalibrationSet) -> FaceSet:
    """The split that `edgefer evaluate` would judge the model on.

    Raises UsageError when it is not on this machine, or is the one whose faces set the ranges.
    """
    manifest, own = calibration.manifest, card.provenance.dataset
    source = manifest.source if own in {"", manifest.dataset} else own
    split = default_split(card, split_names(source), source)
    if split == TRAINING:
        raise UsageError(
            f"{card.name} was trained on all faces of {source}, and faces that set the ranges cannot judge them",
            "build without --max-drop and --max-class-drop",
        )
    return load_faces(source, split)


def _rank(trials: Trials, faces: FaceSet) -> Sensitivity:
    with progress("sensitivity", (len(trials.layers) + 2) * len(faces)) as step:
        reference = trials.reference(faces, step)

        def ask(left: Collection[str]) -> Answers:
            others = [title for title in trials.layers if title not in left]
            note = others[0] if len(others) == 1 else ""
            return trials.in_float(left, faces, lambda advance, _: step(advance, note))

        return measure(trials.layers, reference, ask)
