from __future__ import annotations

import sys

import cv2
import numpy as np
import pytest

from edgefer.emotions import FER2013
from edgefer.errors import BackendError, DataError
from edgefer.report import plots
from edgefer.report.style import DARK, LIGHT

RUN = [{"epoch": n, "accuracy": 0.1 * n, "loss": 2 / n, "learning_rate": 0.1, "seconds": 1.0} for n in range(1, 8)]
COUNTS = np.eye(7, dtype=np.int64) * 5 + 1

DRAW = {
    "curves": lambda theme: plots.training_curves({"teacher": RUN, "student": RUN[:3]}, theme),
    "confusion": lambda theme: plots.confusion(COUNTS, FER2013, theme),
}


def picture(png):
    decoded = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
    assert decoded is not None
    return decoded[:, :, ::-1]


def colour(text):
    return np.array([int(text[i : i + 2], 16) for i in (1, 3, 5)])


def has(pixels, text):
    """Whether a colour covers more than a few pixels."""
    return (np.abs(pixels.astype(int) - colour(text)).max(axis=2) <= 3).sum() > 30


@pytest.mark.parametrize("name", DRAW)
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_figures_are_pictures_in_their_themes_colours(name, theme):
    pixels = picture(DRAW[name](theme))
    assert pixels.shape[1] > 900
    assert (pixels[0, 0] == colour(theme.background)).all()
    assert has(pixels, theme.ink)


@pytest.mark.parametrize("name", DRAW)
def test_the_same_figure_is_the_same_bytes(name):
    assert DRAW[name](LIGHT) == DRAW[name](LIGHT)


def test_every_run_has_a_line_of_its_own_colour():
    pixels = picture(plots.training_curves({"a": RUN, "b": RUN[1:], "c": RUN[2:]}))
    assert all(has(pixels, series) for series in LIGHT.series[:3])
    assert not has(pixels, LIGHT.series[3])


def test_one_epoch_is_a_dot_and_a_run_without_epochs_is_left_out():
    assert has(picture(plots.training_curves({"a": [RUN[0]], "b": []})), LIGHT.series[0])
    with pytest.raises(DataError, match="no epoch"):
        plots.training_curves({"a": []})


def test_an_emotion_without_faces_leaves_its_row_empty():
    counts = COUNTS.copy()
    counts[3] = 0
    full, empty = picture(plots.confusion(COUNTS, FER2013)), picture(plots.confusion(counts, FER2013))
    strong = colour(LIGHT.ramp[1])
    # 6 of 12 faces of a row are right, so diagonal cells are half way up the ramp; count those cells.
    half = (colour(LIGHT.ramp[0]) + strong) // 2

    def area(pixels):
        return int((np.abs(pixels.astype(int) - half).max(axis=2) <= 6).sum())

    assert area(empty) == pytest.approx(area(full) * 6 / 7, rel=0.05)


def test_a_matrix_must_fit_its_names():
    with pytest.raises(DataError, match="square"):
        plots.confusion(COUNTS, FER2013[:6])


def test_without_matplotlib_the_error_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(BackendError, match="pip install matplotlib"):
        plots.confusion(COUNTS, FER2013)
