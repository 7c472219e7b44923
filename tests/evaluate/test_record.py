"""The JSON form and the page that documents it name the same fields."""

from __future__ import annotations

import re

import numpy as np

from edgefer.evaluate import record
from edgefer.evaluate.comparison import compare
from edgefer.evaluate.gate import judge
from edgefer.evaluate.protocol import Protocol, score_protocols
from edgefer.evaluate.result import Against, EvaluationResult
from tests.conftest import ROOT
from tests.evaluate.stubs import answers

NAMES = ("anger", "fear", "sad")


def fields(values):
    """Every key of nested objects, but for the names of emotions."""
    for key, value in values.items() if isinstance(values, dict) else ():
        if key not in NAMES:
            yield key
        yield from fields(value)


def test_every_field_is_documented_and_every_documented_field_is_there():
    truth = np.repeat([0, 1, 2], 4)
    one, other = answers(truth, truth), answers(truth, truth[::-1])
    comparison = compare(one, other)
    second = Protocol("leak-free", np.arange(12) > 3, "stand in Training")
    against = Against(score_protocols(one, second), comparison, judge(comparison, 1, 1))
    values = record.result_record(EvaluationResult(score_protocols(other, second), against, (), ()))
    page = (ROOT / "docs" / "evaluation.md").read_text(encoding="utf-8")
    table = page[page.index("| `schema` | 2 |") : page.index("What `edgefer evaluate")]
    named = {name.split(".")[-1] for name in re.findall(r"`([\w.]+)`", table)}
    words = {"official", "none", "flip"}
    assert set(fields(values)) == named - words
