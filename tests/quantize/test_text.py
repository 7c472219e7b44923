from __future__ import annotations

from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.curve import Trial
from edgefer.quantize.pool import screen
from edgefer.quantize.text import curve_text, set_text
from tests import tiny_net
from tests.quantize.curves import curve


def test_a_set_is_shown_by_emotion_and_brightness(tmp_path):
    made = make_calibration_set(screen(tiny_net.faces()), tiny_net.card(), 35, tmp_path / "set", seed=2)
    lines = set_text(made).splitlines()
    assert lines[0] == f"{tmp_path / 'set'}: 35 faces of noise Training for tiny, seed 2"
    assert lines[1] == "never drawn: none"
    bounds = [f"{bound:.0f}" for bound in made.manifest.coverage.bounds]
    assert lines[5].split() == ["emotion", "faces", f"0-{bounds[0]}", *(f"{a}-{b}" for a, b in zip(bounds, [*bounds[1:], "255"], strict=True))]  # fmt: skip
    assert lines[6].split()[:3] == ["anger", "5", "5"]
    assert len(lines) == 13


def test_a_curve_says_how_many_faces_are_enough():
    found = curve((16, 0, 0.62), (32, 0, 0.675), (32, 1, 0.671), (64, 0, 0.67))
    text = curve_text(found)
    assert "FP32 accuracy 68.00%" in text
    assert "67.10% to 67.50%" in text
    assert "2.0 (fear)" in text
    assert (
        "From 32 faces on, INT8 accuracy stays within 1 point of the 67.00% with 64 faces, at most 0.50 away." in text
    )
    assert "Draws of one size differ by up to 0.40 points" in text
    assert "FP32's label is kept" not in text
    assert "INT8, ranges by entropy, by number of calibration faces:" in text


def test_a_curve_says_when_no_smaller_set_is_enough_or_the_draw_decides():
    assert "No smaller number of faces keeps INT8 accuracy within 1 point" in curve_text(
        curve((16, 0, 0.5), (32, 0, 0.6))
    )
    assert "still depends on the draw at 32 faces" in curve_text(curve((32, 0, 0.5), (32, 1, 0.6)))


def test_a_curve_says_when_more_faces_keep_fewer_labels():
    found = curve((16, 0, 0.67), (32, 0, 0.67))
    worse = Trial(32, 0, 0.67, 0.95, "fear", 0.02)
    text = curve_text(type(found)(**{**vars(found), "trials": (found.trials[0], worse)}))
    assert "FP32's label is kept for 97.00% of faces with 16 and 95.00% with 32" in text
