"""That a recipe's numbers reach the formulas, and how labels, teacher and warm-up come together."""

import pytest
import torch
from torch import Tensor

from edgefer.distill import knowledge as formulas
from edgefer.distill.losses import cross_entropy
from edgefer.distill.objective import batch_loss, knowledge, teaching
from edgefer.recipe_loss import AnyLoss, DISTLoss, DKDLoss, KDLoss, NKDLoss, SoftLabelsLoss

SOURCE = torch.Generator().manual_seed(0)
LOGITS, ANSWERS = (torch.randn(6, 7, generator=SOURCE, dtype=torch.float64) * 3 for _ in range(2))
TARGETS = torch.eye(7, dtype=torch.float64)[torch.tensor([0, 1, 2, 3, 4, 6])]


def soft(temperature: float, answers: Tensor = ANSWERS) -> Tensor:
    return (answers / temperature).softmax(1)


def dkd(**changes: object) -> DKDLoss:
    return DKDLoss.model_validate({"kind": "dkd", "warmup": 0, **changes})


SAME = {
    "kd": (KDLoss(temperature=2), formulas.divergence(LOGITS, soft(2), 2)),
    "kd of z-scores": (
        KDLoss(temperature=2, standardise=True),
        formulas.divergence(formulas.standardised(LOGITS), soft(2, formulas.standardised(ANSWERS)), 2),
    ),
    "dkd": (dkd(target=0.5, others=3), formulas.decoupled(LOGITS, soft(4), TARGETS, 4, 0.5, 3)),
    "dkd of z-scores": (
        dkd(temperature=2, standardise=True),
        formulas.decoupled(
            formulas.standardised(LOGITS), soft(2, formulas.standardised(ANSWERS)), TARGETS, 2, 1.0, 8.0
        ),
    ),
    "dist": (
        DISTLoss(kind="dist", temperature=2, beta=3, gamma=0.5),
        formulas.correlation(LOGITS, soft(2), 2, 3, 0.5),
    ),
    "nkd": (
        NKDLoss(kind="nkd", temperature=3, gamma=2),
        formulas.normalised(LOGITS, soft(1), soft(3), TARGETS, 3, 2),
    ),
    "soft labels": (
        SoftLabelsLoss(kind="soft-labels", temperature=2, smoothing=0.3),
        formulas.soft_labels(LOGITS, soft(2), 0.3),
    ),
}


@pytest.mark.parametrize("name", SAME)
def test_each_kind_is_its_formula_at_the_recipes_numbers(name: str):
    section, expected = SAME[name]
    given = knowledge(section, LOGITS, teaching(section, ANSWERS), TARGETS, 0.0)
    assert given.item() == pytest.approx(expected.item(), rel=1e-12)


@pytest.mark.parametrize("name", SAME)
def test_alpha_weighs_the_labels_and_the_rest_the_teacher(name: str):
    section: AnyLoss = SAME[name][0].model_copy(
        update={"alpha": 0.3, "class_weights": "inverse", "label_smoothing": 0.1}
    )
    weights = torch.linspace(0.5, 2, 7, dtype=torch.float64)
    hard = cross_entropy(LOGITS, TARGETS, weights, 0.1)
    taught = teaching(section, ANSWERS)
    both = batch_loss(section, LOGITS, TARGETS, taught, weights, 0.0)
    assert both.item() == pytest.approx(0.3 * hard.item() + 0.7 * SAME[name][1].item(), rel=1e-12)
    assert batch_loss(section, LOGITS, TARGETS, None, weights, 0.0).item() == pytest.approx(hard.item(), rel=1e-12)


@pytest.mark.parametrize(("epochs", "factor"), [(0.0, 0.0), (1.0, 0.25), (3.5, 0.875), (4.0, 1.0), (9.0, 1.0)])
def test_dkd_grows_linearly_over_its_warm_up(epochs: float, factor: float):
    section = dkd(warmup=4)
    taught = teaching(section, ANSWERS)
    whole = knowledge(dkd(), LOGITS, taught, TARGETS, 0.0)
    assert knowledge(section, LOGITS, taught, TARGETS, epochs).item() == pytest.approx(factor * whole.item())


@pytest.mark.parametrize("name", SAME)
def test_a_teacher_says_the_blend_of_what_it_says_of_two_mixed_faces(name: str):
    section = SAME[name][0]
    taught = teaching(section, ANSWERS)
    mixed = torch.lerp(taught.roll(1, 0), taught, 0.3)
    for part in mixed.split(7, 1):
        assert torch.allclose(part.sum(1), torch.ones(6, dtype=torch.float64))
    assert torch.isfinite(knowledge(section, LOGITS, mixed, torch.lerp(TARGETS.roll(1, 0), TARGETS, 0.3), 0.0))
