"""Which faces of a split are judged: all of them, and beside that those that a network cannot have learned by heart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.card import Measurement, ModelCard
from edgefer.console import Step
from edgefer.data.exclusion import excluded
from edgefer.data.faces import FaceSet, Labels
from edgefer.data.identical import stands_in
from edgefer.errors import UsageError
from edgefer.evaluate.answers import Answers, answer
from edgefer.evaluate.evaluate import Evaluation, score
from edgefer.runtime.session import Session

TRAINING = "Training"
LEAK_FREE = "leak-free"


@dataclass(frozen=True)
class Protocol:
    """Some of a split's faces. keep: bool `[N]`. why: what the others are, after their number, such as `are blank`."""

    name: str
    keep: npt.NDArray[np.bool_]
    why: str

    @property
    def left_out(self) -> int:
        """Faces that it does not judge."""
        return int((~self.keep).sum())

    def at(self, positions: Labels) -> Protocol:
        """The same for a set of the faces at `positions`, int64 `[n]`."""
        return Protocol(self.name, self.keep[positions], self.why)


@dataclass(frozen=True)
class Protocols:
    """One pass over a split, scored twice. second: None where there is no other protocol, or where it leaves no face."""

    official: Evaluation
    second: Evaluation | None = None
    why: str = ""

    @property
    def both(self) -> tuple[Evaluation, ...]:
        """The one or two evaluations, the official one first."""
        return (self.official,) if self.second is None else (self.official, self.second)

    @property
    def left_out(self) -> int:
        """Faces that the second protocol does not judge."""
        return self.official.faces - self.second.faces if self.second else 0


def leak_free(faces: FaceSet, training: FaceSet) -> Protocol:
    """Without the faces whose pixels are those of a training face."""
    return Protocol(LEAK_FREE, ~stands_in(faces, training), f"are pixel-identical to a face of {training.split}")


def without_listed(faces: FaceSet, path: Path) -> Protocol:
    """Without the faces that an exclusion list names; raises ArtifactError when it was made from other faces."""
    return Protocol(f"without the faces of {path.name}", ~excluded(faces, path), f"are in {path}")


def score_protocols(answers: Answers, second: Protocol | None) -> Protocols:
    """Score answers officially and, where there is one that leaves a face, by a second protocol."""
    official = score(answers)
    if second is None:
        return Protocols(official)
    kept = score(answers, second.keep, second.name) if second.keep.any() else None
    return Protocols(official, kept, second.why)


def evaluate_protocols(
    session: Session, faces: FaceSet, training: FaceSet, batch: int = 64, step: Step | None = None
) -> Protocols:
    """`evaluate`, and beside it the leak-free figure against the faces that the session was trained on."""
    return score_protocols(answer(session, faces, batch, step), leak_free(faces, training))


def measurements(evaluation: Protocols) -> tuple[Measurement, ...]:
    """What a model card keeps: the official figures and, where other faces were judged, those of the second protocol."""
    first = evaluation.official.to_measurement()
    if evaluation.second is None or not evaluation.left_out:
        return (first,)
    return first, evaluation.second.to_measurement()


def default_split(card: ModelCard, splits: Sequence[str], source: str) -> str:
    """The split to judge when none is named.

    The one that chose the model's epoch, else PublicTest, else the only one that is not Training. Raises UsageError,
    listing them, where there is no such one.
    """
    chosen = card.provenance.splits[1:2]
    for name in (*chosen, "PublicTest"):
        if name in splits:
            return name
    others = [name for name in splits if name != TRAINING]
    if len(others) == 1:
        return others[0]
    raise UsageError(
        f"which split of {source} to judge is not clear, it has {', '.join(splits)}", f"name one: --split {splits[0]}"
    )
