"""Each formula against plain Python in float64, written from the papers' definitions and not from the code."""

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from edgefer.distill.knowledge import correlation, decoupled, divergence, normalised, soft_labels, standardised

STUDENT = [[1.0, -0.5, 0.25, 2.0], [0.1, 0.2, -3.0, 0.4], [-1.0, 4.0, 0.0, 0.5]]
TEACHER = [[2.0, 0.5, -1.0, 0.0], [-0.3, 1.5, 0.2, 0.1], [0.0, 1.0, 3.0, -2.0]]
HARD = [0, 3, 1]
SOFT = [[0.7, 0.1, 0.2, 0.0], [0.0, 0.5, 0.0, 0.5], [0.25, 0.25, 0.25, 0.25]]


def wide(rows: list[list[float]]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def one_hot(labels: list[int]) -> list[list[float]]:
    return [[float(label == index) for index in range(4)] for label in labels]


def soft(logits: list[float], temperature: float = 1.0) -> list[float]:
    powers = [math.exp(value / temperature) for value in logits]
    return [power / sum(powers) for power in powers]


def kl(p: list[float], q: list[float]) -> float:
    return sum(a * math.log(a / b) for a, b in zip(p, q, strict=True))


def others(values: list[float], true: int) -> list[float]:
    left = [value for index, value in enumerate(values) if index != true]
    return [value / sum(left) for value in left]


def mean_over_faces(term: Callable[[list[float], list[float], int], float], targets: list[list[float]]) -> float:
    """The mean over faces of the expectation of `term(student, teacher, true class)` over a face's targets."""
    faces = zip(STUDENT, TEACHER, targets, strict=True)
    return sum(sum(p * term(s, t, c) for c, p in enumerate(target)) for s, t, target in faces) / len(targets)


def tckd(student: list[float], teacher: list[float], true: int, temperature: float) -> float:
    p, q = soft(teacher, temperature)[true], soft(student, temperature)[true]
    return kl([p, 1 - p], [q, 1 - q])


def nckd(student: list[float], teacher: list[float], true: int, temperature: float) -> float:
    return kl(others(soft(teacher, temperature), true), others(soft(student, temperature), true))


def teachers(temperature: float = 1.0) -> Tensor:
    return (wide(TEACHER) / temperature).softmax(1)


def test_divergence_is_t_squared_kl_averaged_over_faces():
    expected = sum(9.0 * kl(soft(t, 3.0), soft(s, 3.0)) for s, t in zip(STUDENT, TEACHER, strict=True)) / 3
    assert divergence(wide(STUDENT), teachers(3.0), 3.0).item() == pytest.approx(expected, rel=1e-12)
    assert divergence(wide(TEACHER), teachers(2.0), 2.0).item() == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("targets", [one_hot(HARD), SOFT])
def test_decoupled_by_hand(targets: list[list[float]]):
    expected = mean_over_faces(lambda s, t, c: 16.0 * (1.5 * tckd(s, t, c, 4.0) + 8.0 * nckd(s, t, c, 4.0)), targets)
    given = decoupled(wide(STUDENT), teachers(4.0), wide(targets), 4.0, 1.5, 8.0)
    assert given.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("true", range(4))
def test_kd_is_tckd_plus_the_others_share_of_nckd(true: int):
    for row in range(3):
        student, teacher = wide(STUDENT[row : row + 1]), teachers(2.0)[row : row + 1]
        left = 1 - teacher[0, true].item()
        both = decoupled(student, teacher, wide(one_hot([true])), 2.0, 1.0, left)
        assert both.item() == pytest.approx(divergence(student, teacher, 2.0).item(), rel=1e-12)


@pytest.mark.parametrize("temperature", [1.0, 3.0])
@pytest.mark.parametrize("targets", [one_hot(HARD), SOFT])
def test_normalised_by_hand(targets: list[list[float]], temperature: float):
    def term(student: list[float], teacher: list[float], true: int) -> float:
        belief = soft(teacher)[true] * math.log(soft(student)[true])
        p, q = others(soft(teacher, temperature), true), others(soft(student, temperature), true)
        among = sum(a * math.log(b) for a, b in zip(p, q, strict=True))
        return -belief - 1.5 * temperature**2 * among

    given = normalised(wide(STUDENT), teachers(), teachers(temperature), wide(targets), temperature, 1.5)
    assert given.item() == pytest.approx(mean_over_faces(term, targets), rel=1e-12)


def pearson(a: list[float], b: list[float]) -> float:
    mean_a, mean_b = sum(a) / len(a), sum(b) / len(b)
    covariance = sum((x - mean_a) * (y - mean_b) for x, y in zip(a, b, strict=True))
    spread = sum((x - mean_a) ** 2 for x in a) * sum((y - mean_b) ** 2 for y in b)
    return covariance / spread**0.5


def test_correlation_by_hand():
    p, q = [soft(row, 2.0) for row in TEACHER], [soft(row, 2.0) for row in STUDENT]
    between = sum(pearson(a, b) for a, b in zip(p, q, strict=True)) / 3
    along = sum(pearson([row[c] for row in p], [row[c] for row in q]) for c in range(4)) / 4
    expected = 4.0 * (1.5 * (1 - between) + 0.5 * (1 - along))
    given = correlation(wide(STUDENT), teachers(2.0), 2.0, 1.5, 0.5)
    assert given.item() == pytest.approx(expected, rel=1e-6)
    assert correlation(wide(TEACHER), teachers(), 1.0, 1.0, 1.0).item() == pytest.approx(0, abs=1e-6)


def test_soft_labels_by_hand():
    expected = 0.0
    for student, teacher in zip(STUDENT, TEACHER, strict=True):
        labels = [0.9 * value + 0.1 / 4 for value in soft(teacher)]
        expected -= sum(a * math.log(b) for a, b in zip(labels, soft(student), strict=True)) / 3
    assert soft_labels(wide(STUDENT), teachers(), 0.1).item() == pytest.approx(expected, rel=1e-12)


def test_standardised_by_hand_and_blind_to_offset_and_scale():
    for row, given in zip(STUDENT, standardised(wide(STUDENT)).tolist(), strict=True):
        mean = sum(row) / 4
        deviation = (sum((value - mean) ** 2 for value in row) / 3) ** 0.5
        assert given == pytest.approx([(value - mean) / (1e-7 + deviation) for value in row], rel=1e-12)
    moved = standardised(wide(STUDENT) * 50 + 7)
    assert torch.allclose(moved, standardised(wide(STUDENT)), atol=1e-6)


# Scores of a network that is sure of itself, of one that has gone astray, and of one that says nothing.
EXTREMES = ([1e4, -1e4, 0.0, 3.0], [-3e4, -3e4, -3e4, 3e4], [0.0, 0.0, 0.0, 0.0], [88.0, -88.0, 88.0, -88.0])
FORMULAS: dict[str, Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]] = {
    "divergence": lambda s, _, soft, __: divergence(s, soft, 2.0),
    "decoupled": lambda s, _, soft, targets: decoupled(s, soft, targets, 2.0, 1.0, 8.0),
    "normalised": lambda s, plain, soft, targets: normalised(s, plain, soft, targets, 2.0, 1.5),
    "correlation": lambda s, _, soft, __: correlation(s, soft, 2.0, 1.0, 1.0),
    "soft_labels": lambda s, plain, _, __: soft_labels(s, plain, 0.1),
    "standardised": lambda s, _, soft, targets: decoupled(standardised(s), soft, targets, 2.0, 1.0, 8.0),
}


@pytest.mark.parametrize("formula", FORMULAS)
@pytest.mark.parametrize("targets", [one_hot([0, 1, 2, 3]), [[0.25] * 4] * 4])
def test_values_and_gradients_stay_finite_at_extreme_logits(formula: str, targets: list[list[float]]):
    for shift in range(4):
        student = torch.tensor(EXTREMES).requires_grad_(requires_grad=True)
        teacher = torch.tensor(EXTREMES).roll(shift, 0)
        loss = FORMULAS[formula](student, teacher.softmax(1), (teacher / 2).softmax(1), torch.tensor(targets))
        loss.backward()
        assert math.isfinite(loss.item())
        assert student.grad is not None
        assert torch.isfinite(student.grad).all()


@pytest.mark.parametrize("formula", FORMULAS)
def test_gradients_are_those_of_the_values(formula: str):
    targets = wide(SOFT[:3])

    def loss(student: Tensor) -> Tensor:
        return FORMULAS[formula](student, teachers(), teachers(2.0), targets)

    assert torch.autograd.gradcheck(loss, wide(STUDENT).requires_grad_(requires_grad=True))
