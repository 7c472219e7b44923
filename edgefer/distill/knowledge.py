"""What a student takes from a teacher's answers: the formulas, each a scalar, the mean over faces.

`student` holds logits, float `[N, classes]`; `teacher` probabilities, softmax(logits / temperature), `[N, classes]`.

Some formulas ask for the true class. `targets`, `[N, classes]`, says how probable each class is to be it: one-hot for a
label, the votes where several people labelled a face, a blend after mixup. The term is then its expectation over the
targets, sum_c targets_c * term_c. That is the paper's own where a label is certain, it is linear in the targets as
cross-entropy is, and it needs no arbitrary choice where two classes are equally true (an argmax would make one).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional as F


def standardised(logits: Tensor) -> Tensor:
    """Z-scores of each face's logits (Sun et al., CVPR 2024, arXiv 2403.01427), over their unbiased deviation.

    A student then matches how its teacher ranks the classes, not how sure it is of itself.
    """
    centred = logits - logits.mean(1, keepdim=True)
    return centred / (logits.std(1, keepdim=True) + 1e-7)


def divergence(student: Tensor, teacher: Tensor, temperature: float) -> Tensor:
    """KD: T^2 * KL(teacher || softmax(student / T)) (Hinton et al., arXiv 1503.02531)."""
    gap = F.kl_div(F.log_softmax(student / temperature, dim=1), teacher, reduction="batchmean")
    return gap * temperature**2


def decoupled(
    student: Tensor, teacher: Tensor, targets: Tensor, temperature: float, target: float, others: float
) -> Tensor:
    """DKD: T^2 * (target * TCKD + others * NCKD) (Zhao et al., CVPR 2022, arXiv 2203.08679).

    TCKD is the divergence of (true class, all others) as two outcomes, NCKD that of the others among themselves.
    KD is the case target = 1, others = 1 - the teacher's probability of the true class.
    """
    logits = student / temperature
    rest, total = _log_sum_of_others(logits), logits.logsumexp(1, keepdim=True)
    left, among = _others(teacher)
    two = torch.xlogy(teacher, teacher) - teacher * (logits - total)
    two = two + torch.xlogy(left, left) - left * (rest - total)
    apart = torch.xlogy(among, among).sum(2) - _log_likelihood(among, logits, rest)
    return (targets * (target * two + others * apart)).sum(1).mean() * temperature**2


def normalised(
    student: Tensor, teacher: Tensor, softened: Tensor, targets: Tensor, temperature: float, gamma: float
) -> Tensor:
    """NKD: -p_y log q_y - gamma * T^2 * sum_{i != y} N(p)_i log N(q)_i (Yang et al., ICCV 2023, arXiv 2303.13005).

    y is the true class, p and q teacher and student; N divides the probabilities of the others by their sum, so that
    both sides sum to 1. `teacher` is p at temperature 1, which the first term uses; `softened` p at the temperature of
    the second.
    """
    belief = teacher * F.log_softmax(student, dim=1)
    logits = student / temperature
    among = _log_likelihood(_others(softened)[1], logits, _log_sum_of_others(logits))
    return -(targets * (belief + gamma * temperature**2 * among)).sum(1).mean()


def correlation(student: Tensor, teacher: Tensor, temperature: float, beta: float, gamma: float) -> Tensor:
    """DIST: T^2 * (beta * (1 - r_faces) + gamma * (1 - r_classes)) (Huang et al., NeurIPS 2022, arXiv 2205.10536).

    r_faces is Pearson's correlation of a face's probabilities with the teacher's, mean over the faces; r_classes that
    of a class's probabilities over the batch, mean over the classes. Small batches make r_classes coarse.
    """
    own = (student / temperature).softmax(1)
    faces, classes = _pearson(own, teacher), _pearson(own.T, teacher.T)
    return (beta * (1 - faces.mean()) + gamma * (1 - classes.mean())) * temperature**2


def soft_labels(student: Tensor, teacher: Tensor, smoothing: float) -> Tensor:
    """Cross-entropy of softmax(student) with (1 - smoothing) * teacher + smoothing / classes.

    Our reading of the abstract of EmoXNetLite (Momin et al., arXiv 2106.16126), which has no formula.
    """
    soft = teacher * (1 - smoothing) + smoothing / teacher.shape[1]
    return -(soft * F.log_softmax(student, dim=1)).sum(1).mean()


def _each_without(values: Tensor, filler: float) -> Tensor:
    """`[N, classes]` -> `[N, classes, classes]`: row c is a copy whose entry c is `filler`."""
    classes = values.shape[1]
    own = torch.eye(classes, dtype=torch.bool, device=values.device)
    return values[:, None, :].expand(-1, classes, -1).masked_fill(own, filler)


def _log_sum_of_others(logits: Tensor) -> Tensor:
    """`[N, classes]`: log of the sum of exp over all classes but each; never log(1 - p), which is -inf at p = 1."""
    return _each_without(logits, -torch.inf).logsumexp(2)


def _others(teacher: Tensor) -> tuple[Tensor, Tensor]:
    """For each class c: the sum of the other probabilities, `[N, classes]`, and N(p), those over it, `[N, classes, classes]`.

    All 0 where they vanish in float: there the teacher has nothing to say.
    """
    share = _each_without(teacher, 0.0)
    total = share.sum(2)
    return total, share / total.clamp(min=torch.finfo(total.dtype).tiny)[:, :, None]


def _log_likelihood(among: Tensor, logits: Tensor, rest: Tensor) -> Tensor:
    """sum_{i != c} N(p)_i log N(q)_i, `[N, classes]`; log N(q)_i is logit_i less the log sum of the others."""
    return (among * (logits[:, None, :] - rest[:, :, None])).sum(2)


def _pearson(one: Tensor, other: Tensor) -> Tensor:
    """Correlation of the rows of two `[M, K]`, `[M]`; 0 where a row is constant."""
    one, other = one - one.mean(1, keepdim=True), other - other.mean(1, keepdim=True)
    return (one * other).sum(1) / (one.norm(dim=1) * other.norm(dim=1) + 1e-8)
