from __future__ import annotations

import time

import numpy as np
import pytest

from edgefer.camera.frame import Frame, to_bgr
from edgefer.errors import SourceError


@pytest.mark.parametrize("shape", [(4, 5), (4, 5, 1), (4, 5, 3), (4, 5, 4)])
def test_any_picture_becomes_bgr(shape):
    result = to_bgr(np.full(shape, 77, np.uint8))
    assert result.shape == (4, 5, 3)
    assert result.dtype == np.uint8
    assert (result == 77).all()


def test_bgra_keeps_its_colour_order():
    assert to_bgr(np.array([[[1, 2, 3, 9]]], np.uint8)).tolist() == [[[1, 2, 3]]]


def test_sixteen_bits_become_eight():
    assert to_bgr(np.full((2, 2), 0xABCD, np.uint16))[0, 0].tolist() == [0xAB] * 3


@pytest.mark.parametrize("bad", [np.zeros((2, 2), np.float32), np.zeros((0, 2, 3), np.uint8), np.zeros(4, np.uint8)])
def test_other_arrays_are_refused(bad):
    with pytest.raises(SourceError, match="not pictures"):
        to_bgr(bad)


def test_only_live_frames_age():
    picture = np.zeros((1, 1, 3), np.uint8)
    assert Frame(0, 0.0, picture).age_ms is None
    age = Frame(0, 0.0, picture, captured=time.monotonic() - 2).age_ms
    assert age is not None
    assert 2000 <= age < 60_000
