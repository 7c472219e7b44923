from __future__ import annotations

import html
import re

import numpy as np

from edgefer.emotions import FER2013
from edgefer.evaluate.evaluate import Evaluation
from edgefer.report import evaluation, page, training


def said(section):
    """The words of a section, without tags and pictures."""
    text = re.sub(r"data:image/png;base64,[\w+/=]+", "", page.render("t", "", [section]))
    return html.unescape(re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)), text


def test_an_evaluation_has_its_figures_and_names_its_commonest_mistake():
    counts = 10 * np.eye(7, dtype=np.int64)
    counts[FER2013.index("fear"), FER2013.index("sad")] = 7
    counts[FER2013.index("disgust")] = 0
    words, text = said(
        evaluation.section(Evaluation("small", "onnxruntime cpu", "demo", "PublicTest", "h", FER2013, counts, 0.5))
    )
    assert "89.6%" in words
    assert "small (onnxruntime cpu) on demo PublicTest" in words
    assert "7 faces of fear were called sad" in words
    assert text.count("<tr>") == 8
    assert re.search(r"disgust\s+0\s+-\s+-\s+-", words)


def test_a_faultless_evaluation_has_no_mistake():
    words, _ = said(evaluation.section(Evaluation("m", "b", "d", "s", "h", FER2013, np.eye(7, dtype=np.int64), 0.0)))
    assert "No face was given a wrong label" in words


def test_training_runs_have_a_line_each():
    epochs = [
        {"epoch": n, "accuracy": a, "loss": 1.0, "learning_rate": 0.1, "seconds": 2.0}
        for n, a in ((1, 0.5), (2, 0.8), (3, 0.7))
    ]
    words, text = said(training.section({"teacher": epochs, "student": epochs[:1]}))
    assert re.search(r"teacher\s+3\s+80\.0\s+2\s+6", words)
    assert re.search(r"student\s+1\s+50\.0\s+1\s+2", words)
    assert text.count("<figure>") == 1
