import math

import pytest
import torch
from torch.nn import functional as F

from edgefer.distill.losses import class_weights, cross_entropy


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
@pytest.mark.parametrize("weighted", [False, True])
def test_cross_entropy_on_one_hot_targets_is_torchs_own(smoothing: float, weighted: bool):
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(6, 4, generator=generator, dtype=torch.float64)
    labels = torch.tensor([0, 1, 2, 3, 0, 1])
    weights = torch.tensor([0.5, 1.0, 2.0, 4.0], dtype=torch.float64) if weighted else None
    ours = cross_entropy(logits, F.one_hot(labels, 4).double(), weights, smoothing)
    theirs = F.cross_entropy(logits, labels, weight=weights, label_smoothing=smoothing)
    assert ours.item() == pytest.approx(theirs.item(), rel=1e-12)


def test_votes_are_targets_and_smoothing_comes_on_top():
    logits, votes = [0.3, -1.2, 2.0], [0.5, 0.2, 0.3]
    weights, smoothing = [2.0, 0.5, 1.0], 0.2
    total = sum(math.exp(value) for value in logits)
    soft = [(1 - smoothing) * vote + smoothing / 3 for vote in votes]
    terms = [-p * (z - math.log(total)) for p, z in zip(soft, logits, strict=True)]
    one, other = (torch.tensor([values], dtype=torch.float64) for values in (logits, votes))
    assert cross_entropy(one, other, smoothing=smoothing).item() == pytest.approx(sum(terms), rel=1e-12)
    weighted = sum(w * term for w, term in zip(weights, terms, strict=True))
    share = sum(w * vote for w, vote in zip(weights, votes, strict=True))
    given = cross_entropy(one, other, torch.tensor(weights, dtype=torch.float64), smoothing)
    assert given.item() == pytest.approx(weighted / share, rel=1e-12)


def test_inverse_class_weights_are_those_of_fer2013():
    counts = torch.tensor([3995, 436, 4097, 7215, 4830, 3171, 4965])
    expected = [1.027, 9.407, 1.001, 0.568, 0.849, 1.293, 0.826]
    weights = class_weights(counts, "inverse")
    assert weights is not None
    assert weights.tolist() == pytest.approx(expected, abs=5e-4)
    root = class_weights(counts, "inverse-sqrt")
    assert root is not None
    assert (root**2).tolist() == pytest.approx(expected, abs=5e-4)
    assert class_weights(counts, "none") is None


def test_a_class_without_faces_weighs_nothing():
    weights = class_weights(torch.tensor([3, 0, 3]), "inverse")
    assert weights is not None
    assert weights.tolist() == [pytest.approx(2 / 3), 0.0, pytest.approx(2 / 3)]
