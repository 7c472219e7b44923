"""What a stage finds in its place, and why that will not do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from edgefer.pipeline.order import SetPlan, plan
from edgefer.pipeline.stages import find_set, make_set
from tests.pipeline.builds import order, write_files

MODEL = Path("alone.onnx")


@pytest.fixture
def wanted() -> SetPlan:
    pytest.importorskip("tensorrt_rtx")
    write_files()
    found = plan(order()).calibration
    assert found is not None
    return found


def test_a_set_of_another_number_or_exclusion_list_is_not_the_one_that_is_wanted(wanted: SetPlan):
    card = plan(order()).card
    assert find_set(wanted, card, MODEL) == (None, "not there")
    make_set(wanted, card)
    made, why = find_set(wanted, card, MODEL)
    assert made is not None
    assert (len(made), why) == (64, "64 faces that fit")
    assert find_set(replace(wanted, count=40), card, MODEL) == (None, "64 faces, not 40")
    listed = replace(wanted, pool=replace(wanted.pool, exclude=Path("audit.json"), exclude_sha256="0" * 64))
    assert find_set(listed, card, MODEL) == (None, "drawn by another exclusion list")


def test_a_set_for_other_preprocessing_is_drawn_again(wanted: SetPlan):
    card = plan(order()).card
    make_set(wanted, card)
    made, why = find_set(wanted, card.but(input=card.input.model_copy(update={"height": 32, "width": 32})), MODEL)
    assert made is None
    assert "was made for other preprocessing (height 24 instead of 32" in why
