"""Cross-entropy with the labels, class weights, and the mean of an ensemble; logits are float `[N, classes]`."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy against probabilities `targets`, `[N, classes]`, each face weighted by its classes' weights.

    Smoothing moves that share of the target to the uniform distribution. The mean is over the weights, as torch's own
    for class indices, so that weights change the balance and not the scale.
    """
    classes = logits.shape[1]
    soft = targets * (1 - smoothing) + smoothing / classes
    if weights is None:
        return -(soft * F.log_softmax(logits, dim=1)).sum(1).mean()
    share = targets @ weights
    return -(soft * weights * F.log_softmax(logits, dim=1)).sum() / share.sum()


def class_weights(counts: Tensor, kind: str) -> Tensor | None:
    """Weights `[classes]` from faces per class: `inverse` is N / (classes * count), `inverse-sqrt` its root.

    A class without faces gets weight 0, one with less than a face (counts of votes are fractions) that of one face.
    `none` gives None.
    """
    if kind == "none":
        return None
    counts = counts.double()
    weights = counts.sum() / (len(counts) * counts.clamp(min=1)) * (counts > 0)
    return (weights if kind == "inverse" else weights.sqrt()).float()


def mean_logits(logits: list[Tensor]) -> Tensor:
    """An ensemble's logits: each teacher's, centred so that none counts more for its offset, then averaged."""
    return torch.stack([values - values.mean(1, keepdim=True) for values in logits]).mean(0)
