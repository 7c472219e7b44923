from __future__ import annotations

import pytest

from edgefer.data.readers.holdout import is_held_out


def test_a_tenth_of_many_names_is_held_out():
    assert sum(is_held_out(f"picture_{index}.jpg") for index in range(20_000)) == pytest.approx(2000, abs=150)


def test_the_same_names_are_held_out_for_ever():
    # Written down, so that no later edgefer splits differently.
    assert [index for index in range(40) if is_held_out(f"angry_actor_{index}.jpg")] == [10, 11, 12, 17, 18, 19, 20, 36]


def test_names_of_any_alphabet():
    assert isinstance(is_held_out("笑顔\udcff.png"), bool)
