from __future__ import annotations

import html
import itertools
import re

import numpy as np
import pytest

from edgefer.card import Precision
from edgefer.evaluate.comparison import compare
from edgefer.evaluate.gate import judge
from edgefer.evaluate.protocol import Protocol, score_protocols
from edgefer.evaluate.result import Against, EvaluationResult
from edgefer.report import evaluation_markdown, evaluation_page, page
from tests.evaluate.stubs import answers

TRUTH = np.repeat([0, 1, 2], 20)
BEFORE, AFTER = TRUTH.copy(), TRUTH.copy()
BEFORE[20:22] = 2
AFTER[:5] = 1
SECOND = Protocol("leak-free", np.arange(60) % 6 > 0, "are pixel-identical to a face of Training")


@pytest.fixture
def alone():
    return EvaluationResult(score_protocols(answers(TRUTH, AFTER), SECOND), None, ("a note",), ("a <warning>",))


@pytest.fixture
def beside():
    reference, candidate = answers(TRUTH, BEFORE), answers(TRUTH, AFTER, precision=Precision.INT8)
    comparison = compare(reference, candidate)
    against = Against(score_protocols(reference, SECOND), comparison, judge(comparison, 1, 2))
    return EvaluationResult(score_protocols(candidate, SECOND), against, (), ())


def shown(result, tmp_path):
    evaluation_page.write(tmp_path / "page.html", result)
    text = (tmp_path / "page.html").read_text()
    plain = re.sub(r"<style>.*?</style>|<[^>]+>", " ", text, flags=re.DOTALL)
    return re.sub(r"\s+", " ", html.unescape(plain)), text


def test_a_page_has_the_protocols_the_emotions_and_three_figures(alone, tmp_path):
    words, text = shown(alone, tmp_path)
    assert "official 60 91.7" in words
    assert "leak-free 50" in words
    assert text.count("<figure>") == 3
    assert "anger 20 75.0 (55.0-95.0)" in words
    assert "anger is found least often, 75.0% of its 20 faces" in words
    assert "By emotion, leak-free" in words
    assert "On made PublicTest, 60 faces, single crop." in words
    assert "Warning: a <warning>." in words
    assert "a note" in words


def test_a_page_of_two_models_begins_with_what_changed_and_has_both_matrices(beside, tmp_path):
    words, text = shown(beside, tmp_path)
    order = ["What changed", "Gate FAILED", "5 faces became wrong, 2 became right", "Accuracy accuracy", "Notes"]
    assert [words.index(part) for part in order] == sorted(words.index(part) for part in order)
    assert text.count("<figure>") == 5
    assert "Confusion matrix of candidate" in text
    assert "Confusion matrix of reference" in text
    assert "anger: 5 became wrong, 0 became right" in text
    assert "stub int8 (stub) against stub fp32 (stub)" in words
    assert "anger has 20 faces, so one face is 5.0 points" in words


def test_no_second_protocol_no_second_table(tmp_path):
    result = EvaluationResult(score_protocols(answers(TRUTH, AFTER), None), None, (), ())
    words, _ = shown(result, tmp_path)
    assert "leak-free" not in words


def test_markdown_holds_the_same_figures(alone, beside):
    text = evaluation_markdown.render(alone)
    assert "| official | 60 | 91.7 (" in text
    assert "| leak-free | 50 |" in text
    assert "| anger | 15 | 5 | 0 |" in text
    assert "- Warning: a \\<warning\\>" in text
    text = evaluation_markdown.render(beside)
    assert text.startswith("# stub int8 (stub) against stub fp32 (stub)\n")
    assert "- gate FAILED: accuracy 5.00 points less, where 1 less is allowed; anger" in text
    assert "| anger | -25.0 | 100.0 | 75.0 | 5 | 0 | 20 |" in text
    assert "| candidate | leak-free | 50 |" in text


def test_every_table_of_the_markdown_is_as_wide_as_its_head(beside):
    lines = [line for line in evaluation_markdown.render(beside).splitlines() if line.startswith("|")]
    tables = "\n".join(lines).split("---:")
    assert len(tables) > 4
    for head, rule in itertools.pairwise(lines):
        if set(rule) <= set("|-: "):
            assert head.count("|") == rule.count("|")


def test_a_section_of_another_page_names_its_protocol(alone):
    from edgefer.report import evaluation

    section = evaluation.section(alone.protocols.second)
    assert "on made PublicTest, in per cent, leak-free" in page.render("t", "", [section])
