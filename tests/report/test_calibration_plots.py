from __future__ import annotations

import pytest

from edgefer.report.calibration_plots import calibration_curve
from edgefer.report.style import DARK
from tests.quantize.curves import curve

pytest.importorskip("matplotlib")


def drawn(monkeypatch, found):
    """The axes of a figure, kept from being thrown away."""
    from edgefer.report import calibration_plots

    kept = []
    png = calibration_plots.png
    monkeypatch.setattr(calibration_plots, "png", lambda figure: kept.append(figure.axes[0]) or png(figure))
    assert calibration_curve(found).startswith(b"\x89PNG")
    return kept[0]


def test_each_trial_is_a_dot_and_each_size_a_point_of_the_line(monkeypatch):
    axes = drawn(monkeypatch, curve((16, 0, 0.60), (16, 1, 0.62), (32, 0, 0.66), accuracy=0.68))
    reference, line, dots = axes.get_lines()
    assert list(reference.get_ydata()) == [68, 68]
    assert [list(line.get_xdata()), list(line.get_ydata())] == [[16, 32], [pytest.approx(61), pytest.approx(66)]]
    assert list(dots.get_xdata()) == [16, 16, 32]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["16", "32"]
    low, high = axes.get_ylim()
    assert low < 60
    assert high > 68


def test_tenths_of_a_point_do_not_fill_the_figure(monkeypatch):
    axes = drawn(monkeypatch, curve((16, 0, 0.679), (32, 0, 0.68), accuracy=0.68))
    low, high = axes.get_ylim()
    assert high - low >= 2


def test_one_size_in_the_dark_is_drawn_too():
    assert calibration_curve(curve((16, 0, 0.5)), DARK).startswith(b"\x89PNG")
