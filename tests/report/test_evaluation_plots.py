from __future__ import annotations

import cv2
import numpy as np
import pytest

from edgefer.emotions import FER2013
from edgefer.errors import DataError
from edgefer.evaluate.bootstrap import Interval
from edgefer.evaluate.calibration_error import reliability
from edgefer.evaluate.comparison import Change
from edgefer.report import evaluation_plots as plots
from edgefer.report.style import DARK, LIGHT
from tests.report.test_plots import colour, has, picture

VALUES = [0.6, 0.4, None, 0.9, 0.6, 0.8, 0.6]
SERIES = plots.RecallSeries("one", VALUES, [value and Interval(value - 0.1, value + 0.05) for value in VALUES])
SURE = np.linspace(0.15, 1, 90)
RELIABILITY = reliability(SURE, np.arange(90) % 3 > 0)
CHANGES = {
    "fear": Change(10, 6, 2, 0.6, 0.2, Interval(-0.5, -0.1)),
    "happy": Change(10, 0, 0, 1.0, 1.0, Interval(0, 0)),
    "contempt": Change(0, 0, 0, None, None, None),
}
DRAW = {
    "recall": lambda theme: plots.recall(FER2013, [SERIES, SERIES], theme),
    "reliability": lambda theme: plots.reliability(RELIABILITY, theme),
    "flips": lambda theme: plots.flips(CHANGES, theme),
}


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_figures_are_pictures_in_their_themes_colours(name, theme):
    pixels = picture(DRAW[name](theme))
    assert pixels.shape[1] > 900
    assert (pixels[0, 0] == colour(theme.background)).all()
    assert has(pixels, theme.ink)
    assert has(pixels, theme.series[0])
    assert has(pixels, theme.series[1])


@pytest.mark.parametrize("name", DRAW)
def test_the_same_figure_is_the_same_bytes(name):
    assert DRAW[name](LIGHT) == DRAW[name](LIGHT)


def span(pixels, text):
    """First and last column in which a colour stands."""
    columns = np.flatnonzero((np.abs(pixels.astype(int) - colour(text)).max(axis=2) <= 3).any(axis=0))
    return columns[0], columns[-1]


def test_lost_faces_lie_left_and_gained_ones_right_in_one_scale():
    pixels = picture(plots.flips(CHANGES))[60:, :]
    lost, gained = span(pixels, LIGHT.series[1]), span(pixels, LIGHT.series[0])
    assert lost[1] < gained[0] + 5
    assert (lost[1] - lost[0]) / (gained[1] - gained[0]) == pytest.approx(3, rel=0.1)


def test_a_second_model_has_a_second_colour_and_is_named():
    alone = picture(plots.recall(FER2013, [SERIES]))
    assert not has(alone, LIGHT.series[1])
    assert picture(plots.recall(FER2013, [SERIES, SERIES])).shape[0] > alone.shape[0]


def test_bars_are_as_high_as_the_share_that_is_right():
    half = picture(plots.reliability(reliability(np.full(100, 0.5), np.arange(100) < 50)))
    full = picture(plots.reliability(reliability(np.full(100, 0.5), np.ones(100, bool))))

    def height(pixels):
        blue = (np.abs(pixels.astype(int) - colour(LIGHT.series[0])).max(axis=2) <= 3).any(axis=1)
        return blue.sum()

    assert height(full) / height(half) == pytest.approx(2, rel=0.05)


def test_nothing_to_draw_is_said():
    with pytest.raises(DataError, match="to draw"):
        plots.recall(FER2013, [])
    with pytest.raises(DataError, match="to draw"):
        plots.recall(("fear",), [plots.RecallSeries("one", [None], [None])])
    with pytest.raises(DataError, match="to draw"):
        plots.flips({})


def test_no_change_at_all_can_be_drawn():
    assert cv2.imdecode(np.frombuffer(plots.flips({"happy": CHANGES["happy"]}), np.uint8), cv2.IMREAD_COLOR) is not None
