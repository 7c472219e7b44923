from __future__ import annotations

import pytest

from edgefer.camera.asked import Asked, Codec, parse_size
from edgefer.camera.endurance import Endurance
from edgefer.errors import UsageError


def test_sizes():
    assert parse_size("1280x720") == parse_size(" 1280X720 ") == (1280, 720)
    for text in ("1280", "1280x", "axb", "-1x2", "1280x720p"):
        with pytest.raises(UsageError, match="is no size"):
            parse_size(text)


def test_in_words():
    assert str(Asked((1280, 720), 29.97, Codec.MJPG)) == "1280x720 at 29.97 fps MJPG"
    assert str(Asked(fps=30)) == "at 30 fps"
    assert Asked(codec=Codec.YUYV)
    assert not Asked()


@pytest.mark.parametrize("wrong", [{"size": (0, 5)}, {"size": (99999, 5)}, {"fps": 0}, {"fps": float("nan")}])
def test_out_of_range(wrong):
    with pytest.raises(UsageError, match="out of range"):
        Asked(**wrong)


@pytest.mark.parametrize("wrong", [{"reconnect": -1}, {"frozen": float("inf")}, {"silent": float("nan")}])
def test_patience_out_of_range(wrong):
    with pytest.raises(UsageError, match="give seconds from 0 to 604800"):
        Endurance(**wrong)
