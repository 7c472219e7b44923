"""A network that is no network: each convolution, once it is in INT8, takes certain faces for another emotion."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np

from edgefer.data.faces import FaceSet
from edgefer.evaluate.answers import Answers
from tests import tiny_net

FACES = tiny_net.faces(140, seed=3, split="PublicTest")


class Layered:
    """spoils: by layer the faces that INT8 in it spoils; always: those that are spoilt even without INT8.

    blur: by layer how much less sure INT8 in it makes of every face. asked: the layers in float, question by question.
    """

    def __init__(
        self,
        spoils: Mapping[str, Collection[int]],
        always: Collection[int] = (),
        blur: Mapping[str, float] | None = None,
        faces: FaceSet = FACES,
    ) -> None:
        self.spoils, self.always, self.blur, self.faces = spoils, always, blur or {}, faces
        self.layers = tuple(spoils)
        self.asked: list[tuple[str, ...]] = []

    @property
    def reference(self) -> Answers:
        return self._answers([], 0.0)

    def ask(self, left: Collection[str]) -> Answers:
        self.asked.append(tuple(left))
        int8 = [layer for layer in self.layers if layer not in left]
        spoilt = {*self.always, *(face for layer in int8 for face in self.spoils[layer])}
        return self._answers(sorted(spoilt), sum(self.blur.get(layer, 0.0) for layer in int8))

    def _answers(self, spoilt: list[int], blur: float) -> Answers:
        labels = self.faces.labels.copy()
        labels[spoilt] = (labels[spoilt] + 1) % len(self.faces.emotions)
        logits = np.zeros((len(labels), len(self.faces.emotions)), np.float32)
        logits[np.arange(len(labels)), labels] = 4 - blur
        return Answers(tiny_net.card(), "fake", self.faces, self.faces.emotions, self.faces.labels, logits)
