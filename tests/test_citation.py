"""CITATION.cff is of this version, and cites the papers that docs/papers.md is about."""

import re

import edgefer
from edgefer.benchmark.paper import CITATION
from tests.conftest import ROOT

TEXT = (ROOT / "CITATION.cff").read_text(encoding="utf-8")


def test_version_and_licence_are_those_of_the_package():
    assert re.search(r"^version: (\S+)$", TEXT, re.MULTILINE)[1] == edgefer.__version__
    assert 'license = "MIT"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "\nlicense: MIT\n" in TEXT


def test_the_papers_are_cited():
    page = (ROOT / "docs" / "papers.md").read_text(encoding="utf-8")
    cited = set(re.findall(r'value: "arXiv:(\d{4}\.\d{5})"', TEXT))
    assert cited == set(re.findall(r"arXiv (\d{4}\.\d{5})(?=, 20)", page))
    assert len(cited) == 2
    assert any(number in CITATION for number in cited)
    for title in re.findall(r'    title: "(.+)"', TEXT):
        assert title in page
