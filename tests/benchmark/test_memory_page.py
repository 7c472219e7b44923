from __future__ import annotations

import re

from edgefer.benchmark.memory_methods import METHODS
from tests.conftest import ROOT


def test_the_page_says_of_every_method_what_the_code_says():
    page = (ROOT / "docs/benchmarking.md").read_text()
    section = page.partition("## Memory and energy\n")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", section.partition("| method | what it counts |")[2], re.MULTILINE)
    assert dict(rows[: len(METHODS)]) == METHODS
