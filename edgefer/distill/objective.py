"""From a recipe's `[loss]` to the loss of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from edgefer.distill.knowledge import correlation, decoupled, divergence, normalised, soft_labels, standardised
from edgefer.distill.losses import cross_entropy
from edgefer.recipe_loss import AnyLoss, DISTLoss, DKDLoss, KDLoss, NKDLoss


def teaching(section: AnyLoss, answers: Tensor) -> Tensor:
    """A teacher's logits `[N, classes]` as what a batch looks up: probabilities at the section's temperature.

    Float `[N, classes]`; for `nkd` `[N, 2 * classes]`, those at temperature 1 first. Rows may be blended, as mixup
    does: the teacher of a blended face says the blend of what it says of the two.
    """
    if isinstance(section, KDLoss | DKDLoss) and section.standardise:
        answers = standardised(answers)
    softened = (answers / section.temperature).softmax(1)
    return torch.cat((answers.softmax(1), softened), 1) if isinstance(section, NKDLoss) else softened


def knowledge(section: AnyLoss, logits: Tensor, taught: Tensor, targets: Tensor, epochs: float) -> Tensor:
    """What the section's kind says of `logits` against `taught` (`teaching`), a scalar.

    targets: how probable each class is to be the true one, `[N, classes]`. epochs: how far into the run, for a warm-up.
    """
    if isinstance(section, KDLoss | DKDLoss) and section.standardise:
        logits = standardised(logits)
    if isinstance(section, KDLoss):
        return divergence(logits, taught, section.temperature)
    if isinstance(section, DKDLoss):
        grown = min(epochs / section.warmup, 1.0) if section.warmup else 1.0
        return grown * decoupled(logits, taught, targets, section.temperature, section.target, section.others)
    if isinstance(section, DISTLoss):
        return correlation(logits, taught, section.temperature, section.beta, section.gamma)
    if isinstance(section, NKDLoss):
        plain, softened = taught.chunk(2, 1)
        return normalised(logits, plain, softened, targets, section.temperature, section.gamma)
    return soft_labels(logits, taught, section.smoothing)


def batch_loss(
    section: AnyLoss, logits: Tensor, targets: Tensor, taught: Tensor | None, weights: Tensor | None, epochs: float
) -> Tensor:
    """Cross-entropy with the targets, or with a teacher alpha of it and 1 - alpha of `knowledge`; a scalar.

    weights: of the classes, `[classes]`, for the cross-entropy alone.
    """
    hard = cross_entropy(logits, targets, weights, section.label_smoothing)
    if taught is None:
        return hard
    return section.alpha * hard + (1 - section.alpha) * knowledge(section, logits, taught, targets, epochs)
