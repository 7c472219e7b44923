from __future__ import annotations

import html
import json
import re

import pytest

from edgefer.benchmark.paper import CONTRADICTIONS, NOT_STATED
from edgefer.benchmark.result import BenchmarkResult
from edgefer.benchmark.table import WIDTH
from edgefer.report import table_v
from tests.benchmark import paper_results


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return {path.name: path for path in table_v.write(tmp_path_factory.mktemp("out"), paper_results.result(), "it")}


def test_text_has_the_table_both_lists_and_how_it_was_measured():
    text = table_v.render(paper_results.result(), "it")
    assert max(map(len, text.splitlines())) <= WIDTH
    whole = " ".join(text.split())
    assert "student A the paper 20,069,383 0.14 10.00x" in whole
    assert "10.00x / 4.00x (3.60-4.40)" in whole
    assert all(one in whole for one in (*NOT_STATED, *CONTRADICTIONS))
    assert "What the paper does not state" in text
    assert "2 interleaved rounds" in whole
    assert "arXiv 2501.18538" in whole
    assert "p99 -" not in text


def test_markdown_is_the_same(written):
    text = written["table-v.md"].read_text()
    assert text.startswith("# Table V, measured again\n")
    assert "| student A | PyTorch FP32 | 5,000 | 5.00 | 10.00x / 4.00x (3.60-4.40) |" in text
    assert text.count("\n- ") > len(NOT_STATED) + len(CONTRADICTIONS)


def test_the_page_shows_theirs_and_ours_on_one_axis(written):
    text = html.unescape(written["table-v.html"].read_text())
    assert text.count("<figure>") == 1
    spoken = re.search(r'alt="([^"]*)"', text).group(1)
    assert (
        "ResEmoteNet, the paper 1.40 ms; ResEmoteNet, the paper 3.20 ms; ResEmoteNet, PyTorch FP32 20.00 ms" in spoken
    )
    assert "student A, the paper 0.140 ms; student A, PyTorch FP32 5.00 ms" in spoken
    assert all(one in text for one in NOT_STATED)


def test_values_and_the_record_are_beside_it(written):
    assert json.loads(written["table-v.json"].read_text())["networks"][0]["name"] == "ResEmoteNet"
    assert BenchmarkResult.from_json(written["benchmark.json"].read_bytes(), "it") == paper_results.result()
