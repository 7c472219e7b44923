"""What is looked at before a distillation: whether the teachers' answers and the labels speak of the same emotions."""

from __future__ import annotations

import math

import numpy as np
import torch

from edgefer.console import say
from edgefer.data.faces import FaceSet
from edgefer.distill.answers import Answers
from edgefer.distill.batches import planes
from edgefer.distill.teachers import Teachers
from edgefer.errors import DataError
from edgefer.evaluate.metrics import Confusion, confusion_matrix
from edgefer.evaluate.permuted import suspicious_order

FACES = 2000
_CHUNK = 256


def check_labels(teachers: Teachers | Answers, training: FaceSet, device: torch.device) -> None:
    """Compare the teachers' answers to at most `FACES` of the training faces, drawn the same every time, with their labels.

    Raises DataError, naming the emotions, when labels in another order would fit far better; says on stderr when the
    teachers are right no more often than chance, as a teacher that saw other pixels or has no training is.
    """
    drawn = np.random.default_rng(0).choice(len(training), min(FACES, len(training)), replace=False)
    drawn = np.sort(drawn)
    faces = training.take(drawn)
    if isinstance(teachers, Answers):
        predicted = teachers.views[0][torch.from_numpy(drawn)].float().argmax(1).numpy().astype(np.int64)
    else:
        answers = [teachers.logits(part.float()).argmax(1).cpu() for part in planes(faces, device).split(_CHUNK)]
        predicted = torch.cat(answers).numpy().astype(np.int64)
    confusion = confusion_matrix(faces.labels, predicted, len(faces.emotions))
    found = suspicious_order(confusion, faces.emotions)
    if found:
        looks = ", ".join(f"{name} look like {seen}" for name, seen in found.items())
        raise DataError(
            f"the labels of {training.name} {training.split} seem to be in another order than those of teacher"
            f" {teachers.name}: faces labelled {looks}",
            "name the classes in their true order: the data's where edgefer data prepare reads them, the teacher's as"
            " labels in its [[teacher.models]]",
        )
    right, chance = float(np.trace(confusion)) / len(faces), _chance(confusion)
    # Two standard deviations of a guesser's luck.
    if right <= chance + 2 * math.sqrt(chance * (1 - chance) / len(faces)):
        say(
            f"teacher {teachers.name} is right on {right:.1%} of {len(faces):,} training faces, no better than chance"
            f" ({chance:.1%}): it may want other pixels, or another training"
        )


def _chance(confusion: Confusion) -> float:
    """How often the same answers would be right if they were dealt out blindly, 0..1; Cohen's expected agreement."""
    total = confusion.sum()
    return float((confusion.sum(axis=1) / total) @ (confusion.sum(axis=0) / total))
