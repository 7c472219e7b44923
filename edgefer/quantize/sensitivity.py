"""What INT8 in one convolution alone does to a network's answers, all else in float: which layers hurt, and whom.

It follows the one-at-a-time analysis of Wu et al. 2020 ("Integer quantization for deep learning inference", section
5.2), with the change of each emotion's recall beside the overall one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgefer.errors import BuildError, DataError
from edgefer.evaluate import metrics
from edgefer.evaluate.answers import Answers
from edgefer.evaluate.comparison import divergences

# Answers of the file in which the named convolutions are left in float, and all others that can be are INT8.
Ask = Callable[[Collection[str]], Answers]
ByEmotion = dict[str, float | None]
TOGETHER = "all in INT8"


@dataclass(frozen=True)
class Effect:
    """What INT8 in one convolution does. Shares are 0..1.

    layer: the convolution's name. same_label: share of faces given the label that float32 gives. divergence: mean
    KL(float32 || this), nats. divergences: the same over the faces of each emotion, recall: likewise; None without faces.
    """

    layer: str
    same_label: float
    divergence: float
    divergences: ByEmotion
    accuracy: float
    recall: ByEmotion


@dataclass(frozen=True)
class Sensitivity:
    """The convolutions of a model by what INT8 in each alone does, worst first: by divergence.

    Divergence ranks, because every face speaks in it: labels change for one face in a hundred, and which layer changes
    more of them is chance (docs/engines.md has the figures). together: all of them in INT8. dataset, split, faces,
    data_sha256: the labelled faces that were asked about; counts: how many of each emotion. accuracy, recall: of the
    float32 file on them, 0..1.
    """

    model: str
    backend: str
    dataset: str
    split: str
    faces: int
    data_sha256: str
    counts: dict[str, int]
    accuracy: float
    recall: ByEmotion
    together: Effect
    effects: tuple[Effect, ...]

    def __post_init__(self) -> None:
        if not self.effects:
            raise DataError("a sensitivity needs at least one convolution")
        if list(self.effects) != sorted(self.effects, key=_badness):
            raise DataError("effects are ordered by divergence, worst first")

    @property
    def ranking(self) -> tuple[str, ...]:
        """The convolutions, worst first."""
        return tuple(effect.layer for effect in self.effects)

    def changes(self, effect: Effect) -> dict[str, float]:
        """By how much the recall of each emotion that has faces rose, or fell where it is below 0; shares."""
        return {
            name: after - before
            for name, before in self.recall.items()
            if before is not None and (after := effect.recall[name]) is not None
        }

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {"schema": 1, **asdict(self)}


def measure(layers: Sequence[str], reference: Answers, ask: Ask) -> Sensitivity:
    """Ask about each convolution alone in INT8; `reference` is what the float32 file says of the same faces.

    Convolutions that do the same stay in the order of `layers`. Raises BuildError when there is none.
    """
    if not layers:
        raise BuildError(f"{reference.card.name} has no convolution to quantise", "build with --precision fp16")
    effects = [_effect(layer, reference, ask([other for other in layers if other != layer])) for layer in layers]
    accuracy, recall = scores(reference)
    return Sensitivity(
        model=reference.card.name,
        backend=reference.backend,
        dataset=reference.faces.name,
        split=reference.faces.split,
        faces=len(reference.faces),
        data_sha256=reference.faces.sha256,
        counts={name: int((reference.truth == place).sum()) for place, name in enumerate(reference.emotions)},
        accuracy=accuracy,
        recall=recall,
        together=_effect(TOGETHER, reference, ask(())),
        effects=tuple(sorted(effects, key=_badness)),
    )


def scores(answers: Answers) -> tuple[float, ByEmotion]:
    """Accuracy and the recall of each emotion, 0..1."""
    confusion = metrics.confusion_matrix(answers.truth, answers.predicted, len(answers.emotions))
    recall = [score.recall for score in metrics.emotion_scores(confusion)]
    return metrics.accuracy(confusion), dict(zip(answers.emotions, recall, strict=True))


def _effect(layer: str, reference: Answers, answers: Answers) -> Effect:
    accuracy, recall = scores(answers)
    kl = divergences(reference, answers)
    members = {name: answers.truth == place for place, name in enumerate(answers.emotions)}
    return Effect(
        layer=layer,
        same_label=float((answers.predicted == reference.predicted).mean()),
        # Rounding alone could put equal answers a hair below 0.
        divergence=max(0.0, float(kl.mean())),
        divergences={name: max(0.0, float(kl[own].mean())) if own.any() else None for name, own in members.items()},
        accuracy=accuracy,
        recall=recall,
    )


def _badness(effect: Effect) -> float:
    return -effect.divergence
