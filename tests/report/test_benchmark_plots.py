from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgefer.errors import DataError
from edgefer.report import benchmark_plots as plots
from edgefer.report.axes import log_axis
from edgefer.report.pareto import TradePoint, front, tradeoff
from edgefer.report.style import DARK, LIGHT

MARKS = [
    plots.LatencyMark("teacher, PyTorch", "teacher", 26, 30, 40),
    plots.LatencyMark("student, INT8", "student", 0.14, 0.2),
]
POINTS = [
    TradePoint("teacher", "teacher", 26, 0.93, 400_000_000),
    TradePoint("slow student", "student", 30, 0.86),
    TradePoint("student", "student", 0.2, 0.86, 20_000_000),
]
LINES = [
    plots.SweepLine("teacher, PyTorch", "teacher", {1: 38, 8: 60, 32: 70}),
    plots.SweepLine("student, INT8", "student", {1: 6000, 32: 9000}),
]
CALLS = [
    plots.Distribution("teacher, PyTorch", "teacher", 20, 40, (1, 9, 4, 2), 3, 26),
    plots.Distribution("student, INT8", "student", 0.1, 0.2, (4, 2), 0, 0.14),
]
BARS = [
    plots.MemoryBars("teacher", "teacher", {"weights": 145_000_000, "RSS": 400_000_000}),
    plots.MemoryBars("student", "student", {"weights": 2_000_000, "RSS": -1_000_000}),
]
DRAW = {
    "latency": lambda theme: plots.latency(MARKS, theme),
    "tradeoff": lambda theme: tradeoff(POINTS, theme),
    "sweep": lambda theme: plots.sweep(LINES, theme),
    "histograms": lambda theme: plots.histograms(CALLS, theme),
    "memory": lambda theme: plots.memory(BARS, ["weights", "RSS"], theme),
}


def picture(png):
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[:, :, ::-1]


def colour(text):
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)])


def area(pixels, text):
    return int((np.abs(pixels.astype(int) - colour(text)).max(axis=2) <= 3).sum())


def has(pixels, text):
    """Whether a colour covers more than a few pixels."""
    return area(pixels, text) > 30


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_figures_are_pictures_in_their_themes_colours_and_always_the_same(name, theme):
    drawn = DRAW[name](theme)
    assert theme is DARK or drawn == DRAW[name](theme)
    pixels = picture(drawn)
    assert pixels.shape[1] > 900
    assert (pixels[0, 0] == colour(theme.background)).all()
    assert has(pixels, theme.ink)
    if name != "histograms":
        assert all(has(pixels, series) for series in theme.series[:2])


def test_colours_follow_groups_and_the_teacher_always_has_the_first():
    student = [plots.LatencyMark("s", "student", 1, 2)]
    alone, both = picture(plots.latency(student)), picture(plots.latency([MARKS[0], *student]))
    assert has(alone, LIGHT.series[1])
    assert not has(alone, LIGHT.series[0])
    assert has(both, LIGHT.series[0])


def test_equal_figures_can_be_drawn():
    same = [plots.LatencyMark(str(n), "g", 1.0, 1.0, 1.0) for n in range(2)]
    assert plots.latency(same)
    assert tradeoff([TradePoint(str(n), "g", 1.0, 0.5) for n in range(4)])
    assert plots.sweep([plots.SweepLine(str(n), "g", {1: 5.0}) for n in range(9)])
    assert plots.histograms([plots.Distribution("a, b", "g", 1.0, 1.0, (7,), 0, 1.0)])


@pytest.mark.parametrize(("low", "high"), [(0.109, 0.116), (0.2, 26), (0.001, 9000)])
def test_a_log_axis_has_at_least_three_figures_and_not_too_many(low, high):
    from matplotlib.figure import Figure

    axes = Figure().subplots()
    log_axis(axes, [low], [high])
    begin, end = axes.get_xlim()
    assert 3 <= len([tick for tick in axes.get_xticks() if begin <= tick <= end]) <= 9


def test_a_name_as_long_as_the_figure_does_not_break_it():
    assert plots.sweep([plots.SweepLine("n" * 300, "g", {1: 5.0, 2: 6.0})])


@pytest.mark.parametrize("draw", [plots.latency, tradeoff, plots.sweep, plots.histograms])
def test_nothing_to_draw_is_said(draw):
    with pytest.raises(DataError, match="to draw"):
        draw([])
    with pytest.raises(DataError, match="to draw"):
        plots.memory(BARS, [])


def test_the_front_holds_what_nothing_beats():
    assert [point.label for point in front(POINTS)] == ["student", "teacher"]
    twins = [TradePoint("a", "g", 1.0, 0.5), TradePoint("b", "g", 1.0, 0.5), TradePoint("c", "g", 1.0, 0.4)]
    assert [point.label for point in front(twins)] == ["a", "b"]


def test_a_bubbles_area_is_its_memory():
    def filled(memory):
        points = [TradePoint("", "teacher", 1.0, 0.5, memory), TradePoint("", "student", 9.0, 0.9, 400_000_000)]
        pixels = picture(tradeoff(points)).astype(int)
        # The teacher's blue, thinned to 30 %.
        thin = 0.3 * colour(LIGHT.series[0]) + 0.7 * 255
        return int((np.abs(pixels - thin).max(axis=2) <= 4).sum())

    assert filled(400_000_000) == pytest.approx(2 * filled(200_000_000), rel=0.25)
    assert filled(None) > 0


def test_a_model_that_is_beaten_is_not_filled():
    thin = 0.3 * colour(LIGHT.series[1]) + 0.7 * 255

    def filled(points):
        return int((np.abs(picture(tradeoff(points)).astype(int) - thin).max(axis=2) <= 4).sum())

    winner, loser = TradePoint("", "student", 1.0, 0.9), TradePoint("", "student", 9.0, 0.5)
    better = TradePoint("", "teacher", 1.0, 0.95)
    assert filled([winner, better]) < filled([winner, loser]) / 2
