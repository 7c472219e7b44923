from __future__ import annotations

import base64
import re
from html.parser import HTMLParser

import pytest

from edgefer.errors import ArtifactError
from edgefer.report import benchmark_plots as plots
from edgefer.report import page
from edgefer.report.page import Section

VOID = {"meta", "img", "source", "br"}


class Checker(HTMLParser):
    """Fails on tags that are not closed in order; collects attributes."""

    def __init__(self):
        super().__init__()
        self.open, self.attributes = [], []

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value) for name, value in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def parsed(html):
    checker = Checker()
    checker.feed(html)
    assert checker.open == []
    return checker


def whole():
    mark = plots.LatencyMark("row", "g", 1.0, 2.0, 3.0)
    body = [
        page.text("words"),
        page.heading("sub"),
        page.notes(["small"]),
        page.facts([("accuracy", "86 %")]),
        page.table("caption", ["name", "ms"], [["a", "1"], ["b", "2"]]),
        page.figure(lambda theme: plots.latency([mark], theme), "seen", "said"),
    ]
    return page.render("Title", "Lead", [Section("One", body)])


def test_a_page_is_well_formed_and_fetches_nothing():
    checker = parsed(whole())
    links = [value for _, name, value in checker.attributes if name in ("src", "srcset", "href", "action", "data")]
    assert len(links) == 2
    assert all(link.startswith("data:image/png;base64,") for link in links)
    assert not re.search(r"https?://|@import|url\(|<script|<link", whole())
    assert "default-src 'none'" in whole()


def test_every_text_is_escaped():
    evil = "<script>\"&'"
    body = [
        page.text(evil),
        page.heading(evil),
        page.notes([evil]),
        page.facts([(evil, evil)]),
        page.table(evil, [evil, evil], [[evil, evil], [evil]]),
        page.figure(lambda theme: plots.latency([plots.LatencyMark("x", "g", 1, 2)], theme), evil, evil),
    ]
    html = page.render(evil, evil, [Section(evil, body)])
    parsed(html)
    assert "<script" not in html
    assert html.count("&lt;script&gt;&quot;&amp;&#x27;") == 17


def test_tables_are_semantic_and_numbers_stand_right():
    html = page.table(
        "what", ["name", "kind", "ms"], [["a", "k", "1.5"], ["b", "k", "why not"], ["c", "no figures"]], left=2
    )
    assert "<caption>what</caption>" in html
    assert html.count('scope="col"') == 3
    assert html.count('scope="row"') == 3
    assert '<td class="number">1.5</td>' in html
    assert "<td>k</td>" in html
    assert '<td colspan="2" class="why">no figures</td>' in html


def test_a_figure_has_both_themes_its_words_and_its_size():
    drawn = {}

    def draw(theme):
        drawn[theme.name] = plots.latency([plots.LatencyMark("x", "g", 1, 2)], theme)
        return drawn[theme.name]

    html = page.figure(draw, "seen", "said")
    dark, light = (base64.b64decode(text) for text in re.findall(r"base64,([\w+/=]+)", html))
    assert {"dark": dark, "light": light} == drawn
    assert '<source media="(prefers-color-scheme: dark)"' in html
    assert 'alt="said"' in html
    assert "<figcaption>seen</figcaption>" in html
    assert 'width="720"' in html


def test_without_matplotlib_a_figure_is_its_words(monkeypatch):
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    html = page.figure(lambda theme: pytest.fail("drawn"), "seen", "said in words")
    assert "said in words" in html
    assert "pip install matplotlib" in html


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    page.write_page(tmp_path / "sub" / "page.html", "T", "", [])
    assert (tmp_path / "sub" / "page.html").read_text().endswith("</html>\n")
    (tmp_path / "folder.html").mkdir()
    with pytest.raises(ArtifactError, match="is a directory"):
        page.write_page(tmp_path / "folder.html", "T", "", [])
