"""Everything that one `edgefer evaluate` found, and how it is run."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgefer.card import ModelCard
from edgefer.console import progress
from edgefer.data import demo
from edgefer.data.faces import FaceSet
from edgefer.data.load import load_faces, split_names
from edgefer.errors import UsageError
from edgefer.evaluate.answers import Answers, answer, judged, restrict
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.comparison import Comparison, compare
from edgefer.evaluate.evaluate import Evaluation
from edgefer.evaluate.gate import Verdict, check_limits, judge
from edgefer.evaluate.permuted import suspicious_order
from edgefer.evaluate.protocol import (
    TRAINING,
    Protocol,
    Protocols,
    default_split,
    leak_free,
    score_protocols,
    without_listed,
)
from edgefer.evaluate.record import result_record
from edgefer.runtime.session import Session


@dataclass(frozen=True)
class Request:
    """What to judge models on; docs/evaluation.md explains each. Limits are in percentage points.

    data: a name or folder, or the faces themselves, of which there is no split to choose.
    """

    data: str | FaceSet | None = None
    split: str | None = None
    exclude: Path | None = None
    common: bool = False
    tta: Tta = Tta.NONE
    batch: int = 64
    max_drop: float | None = None
    max_class_drop: float | None = None


@dataclass(frozen=True)
class Against:
    """A reference on the same faces. verdict: None where no limit was set."""

    reference: Protocols
    comparison: Comparison
    verdict: Verdict | None


@dataclass(frozen=True)
class EvaluationResult:
    """notes: what a reader of the figures must know. warnings: what is probably wrong with data or model."""

    protocols: Protocols
    against: Against | None
    notes: tuple[str, ...]
    warnings: tuple[str, ...]

    @property
    def evaluation(self) -> Evaluation:
        """All faces of the split."""
        return self.protocols.official

    @property
    def accuracy(self) -> float:
        """Share of all faces that were labelled right, 0..1."""
        return self.evaluation.accuracy

    def to_dict(self) -> dict[str, Any]:
        """As JSON values: what `edgefer evaluate --json` prints."""
        return result_record(self)


def run(session: Session, other: Session | None, request: Request) -> EvaluationResult:
    """Judge a session and, on the same faces, the one that it is held against; shows progress.

    Raises UsageError for faces that are not there or a limit without a reference, DataError where labels do not fit.
    """
    limits = request.max_drop, request.max_class_drop
    if other is None and limits != (None, None):
        raise UsageError("a limit on a drop needs a model to drop from", "name it with --against OTHER")
    check_limits(*limits)
    faces, second = _faces(session.card, request)
    sessions = [session] if other is None else [session, other]
    names = judged(faces, [one.card for one in sessions], request.common)
    left_out: dict[str, int] = {}
    if request.common:
        positions, left_out = restrict(faces, names)
        if left_out:
            faces, second = faces.take(positions), second.at(positions) if second else None
    with progress("evaluate", len(faces) * len(sessions)) as step:
        answers = [answer(one, faces, request.batch, step, request.tta, names) for one in sessions]
    protocols = score_protocols(answers[0], second)
    notes = (*_notes(session.card, faces, protocols), *_left_out(session.card, names, left_out))
    against = _against(answers[1], answers[0], second, limits) if other else None
    return EvaluationResult(protocols, against, notes, tuple(_warnings(protocols.official)))


def _faces(card: ModelCard, request: Request) -> tuple[FaceSet, Protocol | None]:
    """What to judge on, and the protocol beside the official one; of given faces nobody knows where else they stand."""
    if isinstance(request.data, FaceSet):
        if request.split is not None:
            raise UsageError(f"the faces are {request.data.split} already", "leave the split out, or name a store")
        return request.data, None if request.exclude is None else without_listed(request.data, request.exclude)
    source = request.data or card.provenance.dataset or demo.NAME
    faces = load_faces(source, request.split or default_split(card, split_names(source), source))
    return faces, _second(faces, source, request.exclude)


def _second(faces: FaceSet, source: str, exclude: Path | None) -> Protocol | None:
    """The protocol beside the official one. The drawn faces have none: no two of their splits share a face."""
    if exclude is not None:
        return without_listed(faces, exclude)
    if source == demo.NAME or faces.split == TRAINING or TRAINING not in split_names(source):
        return None
    return leak_free(faces, load_faces(source, TRAINING))


def _against(
    reference: Answers, candidate: Answers, second: Protocol | None, limits: tuple[float | None, float | None]
) -> Against:
    comparison = compare(reference, candidate)
    verdict = None if limits == (None, None) else judge(comparison, *limits)
    return Against(score_protocols(reference, second), comparison, verdict)


def _notes(card: ModelCard, faces: FaceSet, found: Protocols) -> Iterator[str]:
    source = card.provenance
    if faces.split == TRAINING:
        yield f"{TRAINING} is for training: these figures tell what {card.name} remembers, not how it reads new faces"
    elif (faces.name, faces.split) == (source.dataset, *source.splits[1:2]):
        yield f"{faces.split} chose the epoch of {card.name}, so its figures lean to the good side"
    if found.second is not None and found.left_out:
        yield f"{found.second.protocol}: {found.left_out:,} of {found.official.faces:,} faces {found.why}"
    elif found.second is not None:
        yield f"no faces of {faces.split} {found.why}"
    elif found.why:
        yield f"all faces of {faces.split} {found.why}: none is left to judge"


def _left_out(card: ModelCard, names: tuple[str, ...], left_out: dict[str, int]) -> Iterator[str]:
    if left_out:
        counts = ", ".join(f"{count:,} of {name}" for name, count in left_out.items())
        yield f"faces of emotions that not every model knows are left out: {counts}"
    if len(names) < len(card.labels):
        yield f"{card.name} also knows emotions that are not judged; its answers for them were dropped before the softmax"


def _warnings(evaluation: Evaluation) -> Iterator[str]:
    found = suspicious_order(evaluation.confusion, evaluation.emotions)
    if found:
        looks = ", ".join(f"{name} look like {seen}" for name, seen in found.items())
        yield (
            f"labels seem to be in another order than {evaluation.model} was trained with: faces labelled {looks}; "
            "check the order of the classes where the data were prepared"
        )
