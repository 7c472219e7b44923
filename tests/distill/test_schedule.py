import pytest

from edgefer.distill.schedule import Plateau, rate_factor
from edgefer.recipe import ScheduleSection


def test_cosine_warms_up_then_falls_to_zero():
    section = ScheduleSection(kind="cosine", warmup=2)
    assert rate_factor(section, 1, 10) == pytest.approx(0.5)
    assert rate_factor(section, 2, 10) == pytest.approx(1.0)
    assert rate_factor(section, 6, 10) == pytest.approx(0.5)
    assert rate_factor(section, 10, 10) == pytest.approx(0.0)


def test_plateau_cuts_after_patience_without_a_better_epoch():
    section = ScheduleSection(kind="plateau", factor=0.1, patience=2)
    plateau = Plateau()
    scales = []
    for accuracy in (0.5, 0.4, 0.5, 0.45, 0.6, 0.1, 0.1, 0.1):
        plateau.update(accuracy, section)
        scales.append(plateau.scale)
    assert scales == pytest.approx([1, 1, 1, 0.1, 0.1, 0.1, 0.1, 0.01])
    assert rate_factor(section, 7, 10) == 1.0


def test_cosine_ignores_the_plateau():
    plateau = Plateau()
    for _ in range(20):
        plateau.update(0.0, ScheduleSection(kind="cosine", patience=0))
    assert plateau.scale == 1.0
