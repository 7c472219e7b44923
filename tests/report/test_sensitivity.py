from __future__ import annotations

import numpy as np
import pytest

from edgefer.quantize.sensitivity import Sensitivity, measure
from edgefer.report import sensitivity as report
from edgefer.report import sensitivity_plots as plots
from edgefer.report.style import DARK, LIGHT
from tests.quantize.layered import FACES, Layered
from tests.report.test_page import parsed
from tests.report.test_plots import colour, has, picture

ANGER = [row for row, label in enumerate(FACES.labels.tolist()) if label == 0]


def found(**net) -> Sensitivity:
    made = Layered({"stem": ANGER[:1], "<mix>": ANGER[2:8], "last": []}, **net)
    return measure(made.layers, made.reference, made.ask)


def test_the_page_is_well_formed_and_says_which_layer_hurts_whom(tmp_path):
    pytest.importorskip("matplotlib")
    report.write(tmp_path / "page.html", found())
    html = (tmp_path / "page.html").read_text()
    checker = parsed(html)
    assert "<h1>INT8 sensitivity of tiny</h1>" in html
    assert "Each of 3 convolutions alone in INT8, on 140 faces of noise PublicTest; all else in FP32." in html
    assert "<dt>worst convolution</dt><dd>&lt;mix&gt;</dd>" in html
    assert "<dt>labels that it changes</dt><dd>4.3%</dd>" in html
    assert "<dt>accuracy with all INT8</dt><dd>-5.0 points</dd>" in html
    texts = [value for tag, name, value in checker.attributes if (tag, name) == ("img", "alt")]
    assert len(texts) == 2
    assert texts[0].startswith("Divergence by convolution, thousandths of a nat. <mix>: ")
    assert "<mix>: anger -30.0; stem: anger -5.0; last: anger +0.0" in texts[1]
    places = [html.index(f'<th scope="row">{name}</th>') for name in ("&lt;mix&gt;", "stem", "last", "all in INT8")]
    assert places == sorted(places)


def test_without_matplotlib_the_words_stand_for_the_figures(monkeypatch):
    monkeypatch.setattr("edgefer.report.page.find_spec", lambda name: None)
    bodies = [part for section in report.sections(found()) for part in section.body]
    assert any("stem: anger -5.0" in part for part in bodies)
    assert not any("<img" in part for part in bodies)


@pytest.mark.parametrize("draw", [plots.by_layer, plots.by_emotion])
@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_figures_are_pictures_in_their_themes_colours(draw, theme):
    pytest.importorskip("matplotlib")
    pixels = picture(draw(found(), theme))
    assert (pixels[0, 0] == colour(theme.background)).all()
    assert has(pixels, theme.series[0])
    assert has(pixels, theme.ink)
    assert has(pixels, theme.series[1]) == (draw is plots.by_emotion), "recall that was lost has a colour of its own"


def drawn(monkeypatch, draw, shown):
    """The axes of a figure, kept from being thrown away."""
    pytest.importorskip("matplotlib")
    kept = []
    png = plots.png
    monkeypatch.setattr(plots, "png", lambda figure: kept.append(list(figure.axes)) or png(figure))
    draw(shown)
    return kept[0]


def test_bars_are_as_long_as_the_divergence_worst_on_top(monkeypatch):
    shown = found()
    (axes,) = drawn(monkeypatch, plots.by_layer, shown)
    assert [bar.get_width() for bar in axes.patches] == [1e3 * effect.divergence for effect in shown.effects]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["<mix>", "stem", "last"]
    assert axes.get_ylim()[0] > axes.get_ylim()[1]


def test_each_emotion_has_a_panel_with_its_own_bars_and_changes(monkeypatch):
    shown = found()
    panels = drawn(monkeypatch, plots.by_emotion, shown)
    assert [axes.get_title() for axes in panels] == list(FACES.emotions)
    anger, disgust = panels[:2]
    assert [bar.get_width() for bar in anger.patches] == [1e3 * effect.divergences["anger"] for effect in shown.effects]
    assert [text.get_text() for text in anger.texts] == ["-30.0", "-5.0", "0"]
    assert [bar.get_width() for bar in disgust.patches] == [0, 0, 0]
    assert len({axes.get_xlim() for axes in panels}) == 1


def test_an_emotion_without_faces_has_no_panel(monkeypatch):
    faces = FACES.take(np.flatnonzero(FACES.labels != 1))
    made = Layered({"stem": [0], "mix": []}, faces=faces)
    panels = drawn(monkeypatch, plots.by_emotion, measure(made.layers, made.reference, made.ask))
    assert [axes.get_title() for axes in panels] == [name for name in FACES.emotions if name != "disgust"]


def test_a_network_that_loses_nothing_can_be_drawn(monkeypatch):
    made = Layered({"stem": [], "mix": []})
    shown = measure(made.layers, made.reference, made.ask)
    assert picture(plots.by_layer(shown)).size
    assert picture(plots.by_emotion(shown)).size
