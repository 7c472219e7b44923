from __future__ import annotations

import base64
import re
from importlib.util import find_spec

import cv2
import numpy as np
import pytest

from edgefer.data.audit.audit import audit
from edgefer.data.faces import FaceSet
from edgefer.errors import ArtifactError
from edgefer.report import audit as report
from edgefer.report import page
from tests.data.audit.test_audit import faulty
from tests.pictures import face_set, pictures
from tests.report.test_page import parsed

PNG = re.compile(r'<img src="data:image/png;base64,([\w+/=]+)" alt="([^"]*)" width="78"')


def sections(found, sets):
    html = page.render("t", "", report.sections(found, sets))
    parsed(html)
    return {part.partition("</h2>")[0]: part for part in html.split("<h2>")[1:]}


def shown(part):
    """Pictures of a section: alternative text -> decoded."""
    return {
        words: cv2.imdecode(np.frombuffer(base64.b64decode(data), np.uint8), cv2.IMREAD_UNCHANGED)
        for data, words in PNG.findall(part)
    }


@pytest.mark.parametrize("colour", [False, True])
def test_each_finding_stands_there_with_its_pictures(colour):
    sets = faulty(colour=colour)
    parts = sections(audit(sets, "noise"), sets)
    assert list(parts) == [
        "Findings",
        "The same picture in several splits",
        "Near duplicates across splits",
        "Near duplicates within a split",
        "The same picture with different labels",
        "The same picture most often",
        "Blank faces",
        "Brightness and classes",
        "How it was found",
    ]
    leaks = shown(parts["The same picture in several splits"])
    assert list(leaks) == [
        "Training 1 disgust", "PublicTest 2 fear", "PrivateTest 3 happy", "PublicTest 5 surprise", "PrivateTest 4 sad",
    ]  # fmt: skip
    face = leaks["PublicTest 2 fear"]
    np.testing.assert_array_equal(face[..., ::-1] if colour else face, sets[1].pixels[2])
    near = parts["Near duplicates across splits"]
    assert {"Training 12 surprise", "PublicTest 7 anger"} < set(shown(near))
    assert len(re.findall(r"correlation [01]\.\d{3}(?:, mirrored)?<", near)) == 2
    assert "<strong" in near
    assert set(shown(parts["Blank faces"])) == {"Training 10 happy", "PublicTest 10 happy", "PrivateTest 1 disgust"}
    drawn = 2 if find_spec("matplotlib") else 0
    assert parts["Brightness and classes"].count("<figure>") == drawn


def test_clean_faces_have_no_picture():
    sets = [face_set(pictures(14))]
    parts = sections(audit(sets, "noise"), sets)
    assert list(parts) == ["Findings", "Brightness and classes", "How it was found"]
    assert not shown("".join(parts.values()))


def test_many_findings_are_counted_and_some_shown():
    faces = pictures(150)
    sets = [face_set(faces), face_set(np.clip(faces * 0.9 + 5, 0, 255).astype(np.uint8), split="PublicTest")]
    found = audit(sets, "noise")
    assert len(found.near_leaks) == 150
    part = sections(found, sets)["Near duplicates across splits"]
    assert "60 of 150, at even steps from the surest to the least sure" in part
    assert str(found.near_leaks[-1].second.position) in part
    assert len(PNG.findall(part)) == 120
    copies = [face_set(np.repeat(faces[:70], 2, axis=0), np.repeat(np.arange(70) % 7, 2))]
    part = sections(audit(copies, "noise"), copies)["The same picture most often"]
    assert "The first 15 of 70; the JSON file lists all." in part
    assert len(PNG.findall(part)) == 30


def test_a_large_group_shows_a_face_of_each_split_first():
    faces = np.repeat(pictures(1), 6, axis=0)
    sets = [face_set(faces, np.zeros(6)), face_set(faces[:1], [0], "PublicTest")]
    part = sections(audit(sets, "noise"), sets)["The same picture in several splits"]
    assert list(shown(part)) == ["Training 0 anger", "PublicTest 0 anger", "Training 1 anger", "Training 2 anger"]
    assert "and 3 more" in part


def test_large_faces_are_embedded_small():
    large = np.repeat(np.repeat(pictures(1), 4, axis=1), 4, axis=2)
    sets = [face_set(np.concatenate([large, large]))]
    part = sections(audit(sets, "noise"), sets)["The same picture most often"]
    assert {picture.shape for picture in shown(part).values()} == {(72, 72)}


def test_the_page_says_that_it_holds_pictures_and_replaces_only_its_own(tmp_path):
    sets = [face_set(pictures(2))]
    found = audit(sets, "noise")
    path = tmp_path / "audit.html"
    report.write(path, found, sets)
    report.write(path, found, sets)
    html = path.read_text()
    parsed(html)
    assert html.index("This file holds pictures of the dataset.") < html.index("<h2>")
    assert not re.search(r"https?://|<script|<link", html)
    path.write_text("<title>Benchmark</title>")
    with pytest.raises(ArtifactError, match="is no report of an audit"):
        report.write(path, found, sets)
    assert path.read_text() == "<title>Benchmark</title>"


def test_names_are_escaped():
    faces = pictures(1)
    evil = FaceSet.of("<b>", "Train<i>", ("<u>", "x"), np.concatenate([faces, faces]), np.zeros(2, np.int64))
    html = page.render("t", "", report.sections(audit([evil], "<b>"), [evil]))
    parsed(html)
    assert not re.search(r"<b>|<i>|<u>", html)


def test_without_matplotlib_the_figures_are_words(monkeypatch):
    monkeypatch.setattr(page, "find_spec", lambda name: None)
    sets = [face_set(pictures(14))]
    part = sections(audit(sets, "noise"), sets)["Brightness and classes"]
    assert "Mean gray level: Training 1" in part
    assert "<figure>" not in part
