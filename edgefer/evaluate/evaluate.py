"""Accuracy of a session on a face set, with labels matched by name."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgefer.card import Measurement
from edgefer.console import Step
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError
from edgefer.evaluate import metrics
from edgefer.evaluate.answers import Answers, answer
from edgefer.evaluate.bootstrap import Interval, Intervals, intervals
from edgefer.evaluate.calibration_error import Reliability, confidences, reliability
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.record import evaluation_record
from edgefer.runtime.session import Session

OFFICIAL = "official"


@dataclass(frozen=True)
class Evaluation:
    """How well one model labels one face set.

    emotions: the model's label names. confusion: int64 `[emotions, emotions]`, `[true, predicted]`, in that order; all
    rates below follow from it. negative_log_likelihood: mean over faces, nats. Absent emotions: see `metrics`.
    protocol: which faces of the split: `official` for all of them. tta, views: how each face was shown, in one word and
    in a phrase. brier, reliability, intervals: None for an evaluation that is made from counts alone.
    """

    model: str
    backend: str
    dataset: str
    split: str
    data_sha256: str
    emotions: tuple[str, ...]
    confusion: metrics.Confusion
    negative_log_likelihood: float
    precision: str = ""
    protocol: str = OFFICIAL
    tta: Tta = Tta.NONE
    views: str = "single crop"
    brier: float | None = None
    reliability: Reliability | None = None
    intervals: Intervals | None = None

    def __post_init__(self) -> None:
        side = len(self.emotions)
        if self.confusion.shape != (side, side):
            raise DataError(f"{side} emotions need a {side}x{side} confusion matrix, not {self.confusion.shape}")
        if not np.issubdtype(self.confusion.dtype, np.integer) or self.confusion.min() < 0:
            raise DataError("a confusion matrix holds counts, whole numbers from 0 up")
        if not self.confusion.sum():
            raise DataError(f"{self.dataset} {self.split} holds no faces", "evaluate on a split that does")

    @property
    def title(self) -> str:
        """Name, precision and backend."""
        return f"{' '.join(filter(None, (self.model, self.precision)))} ({self.backend})"

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

    @property
    def calibration_error(self) -> float | None:
        """Expected calibration error, 0..1."""
        return None if self.reliability is None else self.reliability.error

    @property
    def recall_intervals(self) -> dict[str, Interval | None]:
        """95 % interval of each emotion's recall, by name."""
        known = self.intervals.recall if self.intervals else (None,) * len(self.emotions)
        return dict(zip(self.emotions, known, strict=True))

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
            protocol=self.protocol,
            tta=self.tta.value,
            data_sha256=self.data_sha256,
        )

    def to_dict(self) -> dict[str, Any]:
        """Plain values, ready for JSON; a figure without a value is null."""
        return evaluation_record(self)

    def to_json(self, indent: int | None = 2) -> str:
        """One JSON object."""
        return json.dumps(self.to_dict(), indent=indent)


def evaluate(session: Session, faces: FaceSet, batch: int = 64, step: Step | None = None) -> Evaluation:
    """Label every face and compare with the truth; names are matched, so the orders of model and data may differ.

    Raises DataError when the set is empty or model and data do not carry the same emotions, and as `classify`.
    """
    return score(answer(session, faces, batch, step))


def score(answers: Answers, keep: npt.NDArray[np.bool_] | None = None, protocol: str = OFFICIAL) -> Evaluation:
    """Score answers. keep: bool `[N]`, the faces that `protocol` judges; None for all of them.

    Raises DataError when it judges none.
    """
    faces, truth, logits, predicted = answers.faces, answers.truth, answers.logits, answers.predicted
    if keep is not None:
        faces, truth, logits, predicted = faces.take(np.flatnonzero(keep)), truth[keep], logits[keep], predicted[keep]
    if not len(faces):
        raise DataError(f"the protocol '{protocol}' leaves no face of {faces.name} {faces.split}")
    confidence, classes = confidences(logits), len(answers.emotions)
    return Evaluation(
        model=answers.card.name,
        backend=answers.backend,
        dataset=faces.name,
        split=faces.split,
        data_sha256=faces.sha256,
        emotions=answers.emotions,
        confusion=metrics.confusion_matrix(truth, predicted, classes),
        negative_log_likelihood=metrics.negative_log_likelihood(logits, truth),
        precision=answers.precision,
        protocol=protocol,
        tta=answers.tta,
        views=answers.views,
        brier=metrics.brier(logits, truth),
        reliability=reliability(confidence, predicted == truth),
        intervals=intervals(truth, predicted, confidence, classes),
    )
