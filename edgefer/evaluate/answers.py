"""What one model said of one face set, beside the truth: made in one pass, scored as often as needed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgefer import emotions
from edgefer.card import ModelCard
from edgefer.console import Step
from edgefer.data.faces import FaceSet, Labels
from edgefer.errors import DataError
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.classify import classify
from edgefer.evaluate.tta import describe
from edgefer.runtime.session import Array, Session

_FIX = "use a model and data that carry the same emotions, or judge those that both know: --common"


@dataclass(frozen=True)
class Answers:
    """emotions: canonical names, the order of the columns. truth: int64 `[N]`, indices into them.

    logits: float32 `[N, emotions]`; with test-time augmentation the log of the mean probability.
    """

    card: ModelCard
    backend: str
    faces: FaceSet
    emotions: tuple[str, ...]
    truth: Labels
    logits: Array
    tta: Tta = Tta.NONE

    def __post_init__(self) -> None:
        if self.logits.shape != (len(self.faces), len(self.emotions)) or self.truth.shape != (len(self.faces),):
            raise DataError(
                f"{len(self.faces)} faces of {len(self.emotions)} emotions do not fit logits {list(self.logits.shape)}"
            )

    @property
    def predicted(self) -> Labels:
        """The likeliest emotion of each face, int64 `[N]`."""
        return np.asarray(self.logits.argmax(axis=1), np.int64)

    @property
    def title(self) -> str:
        """Name, precision and backend: what tells two artifacts of one network apart."""
        return f"{self.card.name} {self.precision} ({self.backend})"

    @property
    def precision(self) -> str:
        """The network's arithmetic, such as `fp32`, or `int8+fp16` for a file that mixes both."""
        return self.card.tools.get("mixed", self.card.precision.value)

    @property
    def views(self) -> str:
        """How each face was shown."""
        return describe(self.tta, self.faces.pixels)


def answer(
    session: Session,
    faces: FaceSet,
    batch: int = 64,
    step: Step | None = None,
    tta: Tta = Tta.NONE,
    names: Sequence[str] | None = None,
) -> Answers:
    """Ask a session about every face; names are matched, so the orders of model and data may differ.

    names: the emotions to judge, which every face and the model must know (`judged`, `restrict`); None for all of the
    model's, which must then be those of the data. Raises DataError when they do not fit or the set is empty, and as
    `classify`.
    """
    own = [emotions.canonical(name) for name in session.card.labels]
    wanted = judged(faces, [session.card]) if names is None else tuple(names)
    if not len(faces):
        raise DataError(f"{faces.name} {faces.split} holds no faces", "evaluate on a split that does")
    place = {name: index for index, name in enumerate(wanted)}
    position = np.asarray([place.get(emotions.canonical(name), -1) for name in faces.emotions], np.int64)
    truth = position[faces.labels]
    if truth.min() < 0:
        raise DataError(f"{faces.name} {faces.split} holds faces of other emotions than {', '.join(wanted)}", _FIX)
    logits = classify(session, faces, batch, step, tta, [own.index(name) for name in wanted])
    return Answers(session.card, session.backend, faces, wanted, truth, logits, tta)


def judged(faces: FaceSet, cards: Sequence[ModelCard], common: bool = False) -> tuple[str, ...]:
    """The emotions to judge models on: the first one's, in its order, each of which all others and the data know.

    Without `common`, all must know the same. Raises DataError where they do not, or where fewer than two are left.
    """
    first = [emotions.canonical(name) for name in cards[0].labels]
    others = [faces.emotions, *(card.labels for card in cards[1:])]
    if not common:
        _require_equal(first, others)
    known = [{emotions.canonical(name) for name in names} for names in others]
    left = tuple(name for name in first if all(name in names for names in known))
    if len(left) < 2:
        raise DataError(
            f"{cards[0].name} and {faces.name} share {len(left)} emotion(s): {', '.join(left) or 'none'}",
            "use data of the emotions that the model knows",
        )
    return left


def _require_equal(first: Sequence[str], others: Sequence[Sequence[str]]) -> None:
    try:
        for names in others:
            emotions.permutation(first, names)
    except DataError as error:
        raise DataError(error.what, _FIX) from error


def restrict(faces: FaceSet, names: Sequence[str]) -> tuple[Labels, dict[str, int]]:
    """Positions of the faces whose emotion is one of `names`, int64 `[n]`, and how many of each other are left out."""
    kept = [index for index, name in enumerate(faces.emotions) if emotions.canonical(name) in names]
    counts = {emotions.canonical(name): count for name, count in faces.counts().items()}
    left_out = {name: count for name, count in counts.items() if name not in names}
    return np.flatnonzero(np.isin(faces.labels, kept)), left_out
