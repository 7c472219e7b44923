"""Accuracy of a session on a face set, with labels matched by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgefer import emotions
from edgefer.card import Measurement
from edgefer.console import Step
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import network_input
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.evaluate import metrics
from edgefer.runtime.session import Array, Session


@dataclass(frozen=True)
class Evaluation:
    """How well one model labels one face set.

    emotions: the model's label names. confusion: int64 `[emotions, emotions]`, `[true, predicted]`, in that order; all
    rates below follow from it. negative_log_likelihood: mean over faces, nats. Absent emotions: see `metrics`.
    """

    model: str
    backend: str
    dataset: str
    split: str
    data_sha256: str
    emotions: tuple[str, ...]
    confusion: metrics.Confusion
    negative_log_likelihood: float

    def __post_init__(self) -> None:
        side = len(self.emotions)
        if self.confusion.shape != (side, side):
            raise DataError(f"{side} emotions need a {side}x{side} confusion matrix, not {self.confusion.shape}")
        if not np.issubdtype(self.confusion.dtype, np.integer) or self.confusion.min() < 0:
            raise DataError("a confusion matrix holds counts, whole numbers from 0 up")
        if not self.confusion.sum():
            raise DataError(f"{self.dataset} {self.split} holds no faces", "evaluate on a split that does")

    @property
    def faces(self) -> int:
        """Number of faces."""
        return int(self.confusion.sum())

    @property
    def accuracy(self) -> float:
        """Share of faces labelled right, 0..1."""
        return metrics.accuracy(self.confusion)

    @property
    def scores(self) -> dict[str, metrics.EmotionScore]:
        """Precision, recall and F1 by emotion name."""
        return dict(zip(self.emotions, metrics.emotion_scores(self.confusion), strict=True))

    @property
    def balanced_accuracy(self) -> float:
        """Mean recall over the emotions present, 0..1."""
        return metrics.mean_of([score.recall for score in self.scores.values()])

    @property
    def macro_f1(self) -> float:
        """Mean F1 over the emotions present, 0..1."""
        return metrics.mean_of([score.f1 for score in self.scores.values()])

    def to_measurement(self) -> Measurement:
        """The part that a model card keeps; `recall` holds the emotions that have faces."""
        return Measurement(
            dataset=self.dataset,
            split=self.split,
            faces=self.faces,
            backend=self.backend,
            accuracy=self.accuracy,
            balanced_accuracy=self.balanced_accuracy,
            macro_f1=self.macro_f1,
            recall={name: score.recall for name, score in self.scores.items() if score.recall is not None},
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; a figure without a value is null."""
        return {
            "schema": 1,
            "model": self.model,
            "backend": self.backend,
            "dataset": self.dataset,
            "split": self.split,
            "data_sha256": self.data_sha256,
            "faces": self.faces,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced_accuracy,
            "macro_f1": self.macro_f1,
            "negative_log_likelihood": self.negative_log_likelihood,
            "emotions": {
                name: {"faces": score.faces, "precision": score.precision, "recall": score.recall, "f1": score.f1}
                for name, score in self.scores.items()
            },
            "confusion": {"order": list(self.emotions), "true_by_predicted": self.confusion.tolist()},
        }

    def to_json(self, indent: int | None = 2) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=indent)


def classify(session: Session, faces: FaceSet, batch: int = 64, step: Step | None = None) -> Array:
    """Logits, float32 `[N, labels]` in the card's label order, for every face in the set's order.

    `step(advance, note)` is called after each batch. Raises UsageError for a batch below 1 and ArtifactError when the
    network answers with numbers that are not finite.
    """
    if batch < 1:
        raise UsageError(f"a batch of {batch} faces is not possible", "use --batch 1 or more")
    parts = [np.empty((0, len(session.card.labels)), np.float32)]
    for start in range(0, len(faces), batch):
        pixels = faces.pixels[start : start + batch]
        parts.append(session.infer(network_input(pixels, session.card.input)))
        if step is not None:
            step(len(pixels), "")
    logits = np.concatenate(parts)
    broken = int((~np.isfinite(logits)).any(axis=1).sum())
    if broken:
        raise ArtifactError(
            f"{session.card.name} ({session.backend}) answers {broken} of {len(logits)} faces with numbers that are not finite",
            "its weights or its precision are broken: train or export it again",
        )
    return logits


def evaluate(session: Session, faces: FaceSet, batch: int = 64, step: Step | None = None) -> Evaluation:
    """Label every face and compare with the truth; names are matched, so the orders of model and data may differ.

    Raises DataError when the set is empty or model and data do not carry the same emotions, and as `classify`.
    """
    labels = tuple(emotions.canonical(name) for name in session.card.labels)
    # A face labelled `i` in the set's order stands at `position[i]` of the model's outputs.
    position = np.asarray(emotions.permutation(labels, faces.emotions), np.int64)
    if not len(faces):
        raise DataError(f"{faces.name} {faces.split} holds no faces", "evaluate on a split that does")
    truth = position[faces.labels]
    logits = classify(session, faces, batch, step)
    return Evaluation(
        model=session.card.name,
        backend=session.backend,
        dataset=faces.name,
        split=faces.split,
        data_sha256=faces.sha256,
        emotions=labels,
        confusion=metrics.confusion_matrix(truth, logits.argmax(axis=1), len(labels)),
        negative_log_likelihood=metrics.negative_log_likelihood(logits, truth),
    )
