from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgefer.camera.frame import Frame
from edgefer.camera.overlay import COLOURS, DIM, INK, draw
from edgefer.camera.reading import FaceReading, FrameReading, status
from edgefer.emotions import CANONICAL, FER2013

SCORES = dict.fromkeys(FER2013, 0.1) | {"happy": 0.4}


def reading(*boxes, shape=(480, 640), label="happy", **changes):
    faces = tuple(FaceReading(box, label, 0.4, SCORES, 0.9, number + 1) for number, box in enumerate(boxes))
    return FrameReading(Frame(0, 0.0, np.full((*shape, 3), 60, np.uint8)), faces, **changes)


def test_it_draws_on_a_copy():
    given = reading((200, 150, 100, 120))
    picture = draw(given)
    assert picture.shape == given.frame.picture.shape
    assert (given.frame.picture == 60).all()
    assert tuple(picture[150, 250]) == COLOURS["happy"]
    assert tuple(picture[270, 250]) == COLOURS["happy"]


def test_a_bar_is_as_long_as_its_probability():
    weak, strong = reading((100, 100, 100, 100)), reading((100, 100, 100, 100))
    strong.faces[0].probabilities["anger"] = 0.9  # the dicts of the two are one object

    def length(picture):
        panel = picture[100:240, 206:370]
        return int((panel == COLOURS["anger"]).all(axis=2).sum(axis=1).max())

    assert length(draw(strong)) == pytest.approx(0.9 * 76, abs=2)
    weak.faces[0].probabilities["anger"] = 0.1
    assert length(draw(weak)) == pytest.approx(0.1 * 76, abs=2)


def test_bars_cover_no_face():
    boxes = [(60 + 130 * i, 150, 90, 110) for i in range(4)]
    picture = draw(reading(*boxes))
    for x, y, width, height in boxes:
        inside = picture[y + 4 : y + height - 4, x + 4 : x + width - 4]
        assert (inside == 60).all()


@pytest.mark.parametrize("shape", [(480, 640), (1, 1), (30, 40), (2160, 3840)])
@pytest.mark.parametrize(
    "box", [(0, 0, 10, 10), (-50, -50, 100, 100), (5000, 5000, 10, 10), (0, 0, 640, 480), (600, 440, 300, 300)]
)
def test_any_box_on_any_picture(shape, box):
    assert draw(reading(box, shape=shape)).shape == (*shape, 3)


def test_a_face_that_fills_the_picture_has_bars_too():
    picture = draw(reading((0, 0, 640, 480)))
    assert (picture == COLOURS["anger"]).all(axis=2)[340:, 480:].any()


def test_every_emotion_has_a_colour_and_others_are_drawn_too():
    assert set(COLOURS) == set(CANONICAL)
    draw(reading((10, 10, 50, 50), label="boredom"))


def test_status():
    assert status(reading()) == "0 faces"
    assert status(reading((0, 0, 9, 9), fps=29.97)) == "30.0 fps  1 face"
    live = FrameReading(Frame(0, 0.0, np.zeros((1, 1, 3), np.uint8), 1.0, dropped=3), (), age_ms=12.4, fps=10)
    assert status(live) == "10.0 fps  age 12 ms  dropped 3  0 faces"


def test_an_uncertain_face_shows_no_emotion():
    sure, unsure = reading((200, 150, 100, 120), label="fear"), reading((200, 150, 100, 120), label="fear")
    unsure = FrameReading(unsure.frame, (replace(unsure.faces[0], uncertain=True),))
    assert tuple(draw(sure)[270, 250]) == COLOURS["fear"]
    assert tuple(draw(unsure)[270, 250]) == DIM
    assert tuple(draw(sure)[140, 202]) == COLOURS["fear"]
    assert tuple(draw(unsure)[140, 202]) == INK


def test_a_note_stands_in_the_corner():
    plain, noted = draw(reading()), draw(reading(), "paused")
    assert (plain != noted).any()
    assert (plain[60:] == noted[60:]).all()


@pytest.mark.parametrize("shape", [(240, 320), (480, 640), (2160, 3840)])
def test_a_crowd_of_32_can_be_drawn_at_any_size(shape):
    rows, columns = shape
    boxes = [
        (columns * (i % 8) // 8 + columns // 40, rows * (i // 8) // 4 + rows // 20, columns // 16, rows // 8)
        for i in range(32)
    ]
    given = reading(*boxes, shape=shape)
    picture = draw(given)
    for x, y, width, height in boxes:
        inside = picture[y + height // 4 : y + 3 * height // 4, x + width // 4 : x + 3 * width // 4]
        assert (inside == 60).mean() > 0.6, "a face is covered"


def test_a_box_has_an_edge_on_a_picture_of_its_colour():
    given = reading((200, 150, 100, 120))
    given.frame.picture[:] = COLOURS["happy"]
    column = draw(given)[210, 190:210]
    assert (column == INK).all(axis=1).any()


@pytest.mark.parametrize(
    ("box", "where"),
    [
        ((20, 100, 100, 100), (slice(110, 190), slice(126, 130))),  # right of the face
        ((500, 100, 100, 100), (slice(110, 190), slice(490, 494))),
        ((0, 60, 640, 180), (slice(246, 249), slice(20, 120))),  # below
        ((0, 240, 640, 239), (slice(205, 218), slice(20, 120))),  # above, where the label stands between
    ],
)
def test_a_panel_is_tied_to_its_face(box, where):
    picture = draw(reading(box))
    area = (picture[where] == COLOURS["happy"]).all(axis=-1)
    assert area.all(axis=0).any() or area.all(axis=1).any()


def test_the_name_of_the_emotion_that_is_shown_is_brightest():
    panel = draw(reading((20, 100, 100, 100)))[100:240, 134:200]
    rows = [int(panel[4 + 18 * index : 22 + 18 * index].max()) for index in range(7)]
    assert rows[FER2013.index("happy")] == max(rows) > sorted(rows)[-2] + 20
