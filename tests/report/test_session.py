"""Reports of sessions: figures, drawings, CSV, and the pages in a real browser."""

from __future__ import annotations

import csv
import io
import re
import xml.etree.ElementTree as ElementTree

import pytest

from edgefer.camera.session_compare import compare
from edgefer.camera.session_read import read
from edgefer.camera.session_summary import summarize, to_json
from edgefer.camera.session_view import view
from edgefer.report import session as page
from edgefer.report import session_csv, session_pair
from edgefer.report import session_words as words
from tests.camera.sessions import end, gap, header, mark, person, sample, unseen, write
from tests.chromium import Browser


def by_second(*emotions, start=0.0, track=1):
    return [sample(start + second, person(track, name)) for second, name in enumerate(emotions)]


LINES = (
    *by_second(*["neutral"] * 20, *["sad"] * 6, *["happy"] * 14),
    gap(39.5, "paused"),
    *by_second(*["uncertain"] * 10, start=60.0),
    sample(70.0, unseen(1)),
    sample(72.0, person(1, "happy"), person(2, "anger")),
    sample(73.0, person(1, "happy")),
    mark(5.0, "task 1 starts"),
    mark(21.0, "<b>sighs</b> & more", "note"),
    mark(30.0, "task 1 ends"),
    mark(65.0, "=2+2"),
    end(75.0, "camera 0 has given no frame for 5 s"),
)


@pytest.fixture
def summary(tmp_path):
    def make(*lines, name="anna", **how):
        return summarize(view(read(write(tmp_path / name, *(lines or LINES)))), **how)

    return make


def test_what_is_told_of_a_session(summary):
    found = to_json(summary())
    assert (found["session"], found["seconds"], found["watched"], found["present"]) == ("anna", 75.0, 54.5, 52.5)
    assert [task["task"] for task in found["together"]] == [
        "whole session", "before the first mark", "task 1", "between tasks", "=2+2"
    ]  # fmt: skip
    (first,) = found["people"]
    assert found["passing"] == 1, "a second of anger walked by"
    task = first["tasks"][2]
    assert (task["spans"], task["watched"], task["seen"]) == ([[5.0, 30.0]], 25.0, 25.0)
    assert task["emotions"] == {"anger": 0, "happy": 4.0, "sad": 6.0, "neutral": 15.0}
    assert first["tasks"][4]["uncertain"] == 5.0
    assert first["transitions"] == [
        {"before": "sad", "after": "happy", "count": 1}, {"before": "neutral", "after": "sad", "count": 1}
    ]  # fmt: skip
    assert first["valleys"][0]["emotion"] == "sad"
    assert found["gaps"] == [{"time": 39.5, "why": "paused"}]


def test_text_for_a_terminal(summary):
    text = page.render(summary())
    assert "Session anna, recorded 2027-01-15 08:00 +0000 from camera 0, by C (fp32, onnxruntime cpu)" in text
    rows = {line[:21].strip(): line.split() for line in text.splitlines()}
    # 25 seconds: 15 neutral, 6 sad, 4 happy.
    assert rows["task 1"][2:] == ["0:25", "100", "%", "0", "%", "16", "%", "24", "%", "60", "%", "0", "%", "70", "%"]
    assert "A run ended at 1:15 with an error: camera 0 has given no frame for 5 s." in text
    assert "From 0:40 on nothing was written for a while: paused." in text
    assert words.DISCLOSURE in text
    assert "08:00:2" in text, "the valley's time of day"


def test_who_was_seen_for_longest_comes_first(summary):
    found = summary(*by_second(*["happy"] * 5), *by_second(*["sad"] * 9, start=5.0, track=2), end(14.0))
    assert [one.person.number for one in found.people] == [2, 1]


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [(0, 0, "0:00"), (62.4, 0, "1:02"), (59.96, 1, "1:00.0"), (3605, 0, "1:00:05"), (62.54, 1, "1:02.5")],
)
def test_times_as_players_show_them(seconds, digits, text):
    assert words.clock(seconds, digits) == text


def test_who_was_lost_and_found_may_be_one_person(summary):
    lines = [*by_second(*["happy"] * 5), *by_second(*["sad"] * 5, start=10.0, track=2), end(15.0)]
    apart, one = summary(*lines), summary(*lines, one_person=True)
    assert len(apart.people) == 2
    assert any("add --one-person" in line for line in words.remarks(apart))
    assert len(one.people) == 1
    assert one.people[0].whole.seen == 15.0
    assert any("taken for one person" in line for line in words.remarks(one))


def test_samples_as_csv(summary):
    rows = list(csv.DictReader(io.StringIO(session_csv.samples_csv(summary()))))
    assert rows[0] == {
        "time": "0.000", "time_of_day": "2027-01-15T08:00:00.000+00:00", "task": "before the first mark", "person": "1",
        "seen": "1", "emotion": "neutral", "anger": "0.100", "happy": "0.100", "sad": "0.100", "neutral": "0.700",
    }  # fmt: skip
    assert [(row["person"], row["seen"], row["emotion"]) for row in rows[-4:]] == [
        ("", "0", ""), ("1", "1", "happy"), ("2", "1", "anger"), ("1", "1", "happy")
    ]  # fmt: skip
    assert rows[-1]["task"] == "'=2+2", "no formula for a spreadsheet"
    assert len(rows) == 40 + 10 + 4


def test_summary_as_csv(summary):
    rows = list(csv.DictReader(io.StringIO(session_csv.summary_csv(summary()))))
    assert [row["person"] for row in rows] == ["everybody"] * 5 + ["1"] * 5
    assert (rows[0]["seen"], rows[5]["seen"]) == ("53.500", "52.500")
    assert (rows[7]["task"], rows[7]["sad"], rows[7]["valleys"]) == ("task 1", "6.000", "1")


def drawings(text):
    return [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.DOTALL)]


def html(summary, tmp_path):
    path = tmp_path / "report.html"
    page.write(path, summary)
    return path.read_text()


def test_the_page_holds_all_and_needs_nothing(summary, tmp_path):
    text = html(summary(), tmp_path)
    assert words.DISCLOSURE in text
    for needed in (
        "Person 1",
        "Valleys worth a look",
        "Time in each emotion",
        "Changes",
        "How sure the network was",
        "SHA-256",
    ):
        assert needed in text
    assert "<script" not in text
    assert not re.search(r'(?:src|href)="(?!data:)', text)
    assert "&lt;b&gt;sighs" in text
    assert "<b>sighs" not in text


def test_drawings_have_texts_and_their_own_names(summary, tmp_path):
    lines = [*LINES[:-1], *by_second(*["anger"] * 20, start=80.0, track=3), end(100.0)]
    found = drawings(html(summary(*lines), tmp_path))
    assert all(one.get("role") == "img" and len(one.get("aria-label")) > 20 for one in found)
    keys = [pattern.get("id") for one in found for pattern in one.iter("pattern")]
    assert len(set(keys)) == len(keys) == len(found)


def test_the_timeline_draws_what_was_shown_where_it_was(summary, tmp_path):
    timeline = drawings(html(summary(), tmp_path))[0]
    assert timeline.get("aria-label").startswith("Timeline of person 1 over 1:15: seen 96 % of it; of that")
    sad = next(path.get("d") for path in timeline.iter("path") if path.get("fill") == "#4f8fd0")
    left, right = 86 + 20 / 75 * 900, 86 + 26 / 75 * 900
    start, width = re.match(r"M([\d.]+) [\d.]+h([\d.]+)", sad).groups()
    assert (float(start), float(start) + float(width)) == pytest.approx((left, right), abs=0.2)
    hatched = next(rect for rect in timeline.iter("rect") if rect.get("fill", "").startswith("url"))
    assert float(hatched.get("x")) == pytest.approx(86 + 39.5 / 75 * 900, abs=0.1)
    assert float(hatched.get("width")) == pytest.approx(20.5 / 75 * 900, abs=0.2)
    grey = [rect for rect in timeline.iter("rect") if rect.get("class") == "g"]
    assert [float(rect.get("width")) for rect in grey] == pytest.approx([24.0], abs=0.2)
    names = [text.text for text in timeline.iter("text")]
    assert "task 1 starts" in names
    assert "<b>sighs</b> & more" in names


def test_bars_are_as_long_as_the_shares(summary, tmp_path):
    found = next(one for one in drawings(html(summary(), tmp_path)) if "task 1, 0:25" in one.get("aria-label"))
    widths = {rect[0].text: float(rect.get("width")) for rect in found.iter("rect") if len(rect)}
    assert widths["sad 24 %"] == pytest.approx(0.24 * 566, abs=0.1)
    assert widths["neutral 60 %"] == pytest.approx(0.60 * 566, abs=0.1)


def test_nobody_was_seen(summary, tmp_path):
    found = summary(sample(0.0), sample(5.0), end(6.0))
    assert "Nobody was seen." in html(found, tmp_path)
    assert "everybody" in page.render(found)


def test_a_crowd_has_no_person(summary, tmp_path):
    line = {"kind": "interval", "time": 0.0, "seconds": 5.0, "frames": 50, "faces": 100, "most": 3, "uncertain": 0.25}
    shares = {"anger": 0.0, "happy": 0.5, "sad": 0.25, "neutral": 0.0}
    found = summary(header(aggregate=True), line | {"emotions": shares}, end(5.0))
    text = html(found, tmp_path)
    assert "Everybody" in text
    assert "Person" not in text
    assert "nobody is told from another" in text
    assert to_json(found)["people"] == []
    assert "person" not in session_csv.summary_csv(found).replace("person,", "", 1)
    assert [path.name for path in session_csv.write(tmp_path, found)] == ["summary.csv"]


def test_two_sessions_as_text_page_and_csv(summary, tmp_path):
    first = summary(*by_second(*["happy"] * 40, *["sad"] * 40), mark(0.0, "task 1"), end(80.0))
    second = summary(*by_second(*["sad"] * 80), mark(0.0, "task 1"), end(80.0), name="bob")
    found = compare(first.view, second.view)
    text = session_pair.render(first, second, found)
    assert "Sessions anna and bob" in text
    row = next(line.split() for line in text.splitlines() if line.startswith("sad"))
    assert row[:6] == ["sad", "50", "%", "100", "%", "+50"]
    assert next(line for line in text.splitlines() if line.startswith("anger")).endswith("not shown")
    assert words.NOT_A_STUDY in text
    session_pair.write(tmp_path / "pair.html", first, second, found)
    written = (tmp_path / "pair.html").read_text()
    assert words.NOT_A_STUDY in written
    assert "bob less anna" in written
    assert len(drawings(written)) == 4
    rows = list(csv.DictReader(io.StringIO(session_csv.pair_csv(found))))
    assert rows[2]["emotion"] == "sad"
    assert (rows[2]["difference"], rows[2]["blocks_first"]) == ("0.5000", "16")


def test_a_comparison_tells_what_differs_besides(summary):
    first = summary(*by_second(*["happy"] * 40), end(40.0))
    other = header(name="bob", model=header()["model"] | {"sha256": "cd"}, settings={"smooth": 0})
    second = summary(other, *by_second(*["happy"] * 40), end(40.0), name="bob")
    text = session_pair.render(first, second, compare(first.view, second.view))
    assert "different models" in text
    assert "different settings" in text
    assert session_pair.Names(first, second).title == "anna and bob"


@pytest.mark.parametrize("preference", ["light", "dark"])
def test_the_page_in_a_browser(summary, tmp_path, preference):
    html(summary(), tmp_path)
    with Browser(tmp_path / "browser", size=(390, 844)) as browser:
        browser.prefer(color_scheme=preference)
        browser.open((tmp_path / "report.html").as_uri())
        assert browser.complaints == []
        # A phone scrolls the drawings sideways, not the page.
        assert browser.value("document.documentElement.scrollWidth") <= 390
        assert browser.value("document.querySelector('svg').getBoundingClientRect().width") >= 700
        ink, back = (browser.value(f"getComputedStyle(document.querySelector('{name}')).{what}") for name, what in
                     (("svg text", "fill"), ("body", "backgroundColor")))  # fmt: skip
        light = [sum(map(int, re.findall(r"\d+", colour)[:3])) / 3 for colour in (ink, back)]
        assert abs(light[0] - light[1]) > 150
        assert (light[1] < 100) == (preference == "dark")
