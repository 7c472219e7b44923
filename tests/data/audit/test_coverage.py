from __future__ import annotations

import numpy as np
import pytest

from edgefer.data.audit.coverage import cover, warnings
from edgefer.data.audit.looks import look
from tests.pictures import face_set


def flat(levels, labels, split="Training"):
    levels = np.array(levels, np.uint8)
    return face_set(np.broadcast_to(levels[:, None, None], (len(levels), 8, 8)).copy(), labels, split)


def covered(*sets):
    return cover(sets, look(sets))


def test_brightness_of_each_class_and_of_the_split():
    split = covered(flat([40, 60, 210, 250], [0, 0, 3, 3]))["Training"]
    assert split.light.faces == 4
    assert split.light.mean == pytest.approx(140)
    assert split.light.dark == 0.25
    assert split.light.bright == 0.5
    anger, happy, fear = (split.classes[name] for name in ("anger", "happy", "fear"))
    assert (anger.mean, anger.spread, anger.dark, anger.bright) == (50, 10, 0.5, 0)
    assert (happy.mean, happy.spread) == (230, 20)
    assert (fear.faces, fear.mean, fear.spread) == (0, None, None)
    assert len(split.histogram) == 32
    assert {bar: count for bar, count in enumerate(split.histogram) if count} == {5: 1, 7: 1, 26: 1, 31: 1}


def test_brightness_of_colour_is_luma():
    pixels = np.zeros((1, 8, 8, 3), np.uint8)
    pixels[..., 1] = 255
    assert covered(face_set(pixels))["Training"].light.mean == pytest.approx(0.587 * 255, abs=1)


def test_what_deserves_a_warning():
    labels = [0, 1, 2, 3, 4, 5, 6]
    training = flat([100] * 700, [*labels[1:] * 116, 0, 0, 0, 0])
    test = flat([100] * 7, labels, "PublicTest")
    assert warnings(covered(training, test)) == ("anger is rare in Training: 4 of 700 faces, 0.6%",)
    assert warnings(covered(test)) == ()
    without = flat([100] * 6, labels[1:], "PublicTest")
    assert warnings(covered(flat([100] * 7, labels), without)) == ("PublicTest has no face of anger, Training has",)
    assert warnings(covered(without)) == ("no split has a face of anger",)
    darker = flat([80] * 7, labels, "PrivateTest")
    assert warnings(covered(test, darker)) == ("PublicTest and PrivateTest differ in brightness: 100 and 80 of 255",)
