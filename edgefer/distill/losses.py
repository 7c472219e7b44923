"""What labels ask for: cross-entropy, and the weights of the classes."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional as F


def cross_entropy(logits: Tensor, targets: Tensor, weights: Tensor | None = None, smoothing: float = 0.0) -> Tensor:
    """Cross-entropy of `logits` with probabilities `targets`, both `[N, classes]`: a scalar, the mean over faces.

    Each face is weighted by its classes' `weights`, `[classes]`, and the mean is over the weights, as torch's own for
    class indices, so that weights change the balance and not the scale. Smoothing moves that share of the target to
    the uniform distribution.
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
