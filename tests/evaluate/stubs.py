"""Answers and sessions whose figures tests can work out by hand."""

from __future__ import annotations

import numpy as np

from edgefer.card import InputSpec, ModelCard
from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.evaluate.answers import Answers
from edgefer.runtime.session import Session


def card(labels=FER2013, name="stub", size=48, **changes):
    return ModelCard(
        name=name, architecture="stub", parameters=1, labels=labels, input=InputSpec(height=size, width=size)
    ).but(**changes)


class Asked(Session):
    """Answers `say(pixels)`, and keeps what it was asked."""

    backend = "stub"

    def __init__(self, own, say):
        super().__init__(own)
        self.say, self.asked = say, []

    def _infer(self, pixels):
        self.asked.append(pixels.copy())
        return np.asarray(self.say(pixels), np.float32)


def blank_faces(labels, order=FER2013, split="PublicTest", size=48):
    """Faces that differ in one pixel only."""
    pixels = np.zeros((len(labels), size, size), np.uint8)
    pixels[:, 0, 0], pixels[:, 0, 1] = np.arange(len(labels)) % 256, np.arange(len(labels)) // 256
    return FaceSet.of("made", split, order, pixels, np.asarray(labels, np.int64))


def answers(truth, predicted, names=("anger", "fear", "sad"), sure=0.9, **changes):
    """Answers that give the label `predicted` the probability `sure` (one number, or one a face)."""
    truth, predicted = np.asarray(truth), np.asarray(predicted)
    sure = np.broadcast_to(np.asarray(sure, np.float64), truth.shape)[:, None]
    probabilities = np.repeat((1 - sure) / (len(names) - 1), len(names), axis=1)
    np.put_along_axis(probabilities, predicted[:, None], sure, axis=1)
    return Answers(
        card(names, **changes),
        "stub",
        blank_faces(truth, names),
        tuple(names),
        truth,
        np.log(probabilities).astype("f4"),
    )
