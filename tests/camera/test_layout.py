from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from edgefer.camera.layout import Pen, arrange, texts
from tests.camera.people import face

PEN = Pen(1.0)
SIZE = (640, 480)
NONE = (0, 0)


def measure(text):
    return 9 * len(text) + 8, 20


def touch(a, b):
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def test_text_stands_above_or_where_there_is_room():
    middle, top, corner = (
        face(1, box=(300, 200, 80, 90)),
        face(2, box=(100, 5, 60, 70)),
        face(3, box=(600, 400, 39, 79)),
    )
    places = arrange([middle, top, corner], SIZE, NONE, measure, PEN)
    assert [place.text for place in places] == ["1: happy 70%", "2: happy 70%", "3: happy 70%"]
    assert places[0].plate[:2] == (300, 180)
    assert places[1].plate[:2] == (100, 75)
    assert places[2].plate == (524, 380, 116, 20), "moved to the left"


def test_the_corner_of_the_status_is_left_free():
    place = arrange([face(1, box=(5, 30, 60, 70))], SIZE, (200, 26), measure, PEN)[0]
    assert place.plate[1] == 100


def test_text_is_shortened_where_others_are_near():
    assert texts(face(7)) == ["7: happy 70%", "7: happy", "7"]
    assert texts(face(7, uncertain=True)) == ["7: uncertain", "7: ?"]
    assert texts(face(None)) == ["happy 70%", "happy"]
    rows = [face(10 * y + x + 1, box=(60 * x + 5, 75 * y + 30, 45, 50)) for x in range(10) for y in range(5)]
    places = arrange(rows, SIZE, NONE, measure, PEN)
    lengths = {len(place.text) for place in places}
    assert min(lengths) <= 2 < max(lengths)


@pytest.mark.parametrize("number", [1, 5, 12, 32])
def test_nothing_covers_a_face_or_other_text_where_there_is_room(number):
    rng = np.random.default_rng(number)
    cells = rng.permutation([(x, y) for x in range(8) for y in range(4)])[:number]
    faces = [
        face(index + 1, box=(160 * int(x) + 20, 180 * int(y) + 40, 60, 75), uncertain=index % 3 == 0)
        for index, (x, y) in enumerate(cells)
    ]
    places = arrange(faces, (1280, 720), (200, 30), measure, PEN)
    drawn = [place.plate for place in places] + [place.panel for place in places if place.panel]
    assert not [pair for pair in combinations(drawn, 2) if touch(*pair)]
    assert not [(one.box, part) for one in faces for part in drawn if touch(one.box, part)]
    assert all(x >= 0 and y >= 0 and x + w <= 1280 and y + h <= 720 for x, y, w, h in drawn)


def test_the_first_chooses_first():
    near, far = face(1, box=(200, 200, 100, 100)), face(2, box=(210, 170, 40, 29))
    assert arrange([near, far], SIZE, NONE, measure, PEN)[0].text == "1: happy 70%"


def test_a_single_face_that_fills_the_picture_has_its_panel_in_the_corner():
    whole = face(1, box=(0, 0, 640, 480))
    panel = arrange([whole], SIZE, NONE, measure, PEN)[0].panel
    assert panel[0] + panel[2] == 640
    assert panel[1] + panel[3] == 480
    assert arrange([whole], (50, 50), NONE, measure, PEN)[0].panel is None


def test_sizes_grow_with_the_picture_and_stay_readable():
    assert [Pen.for_picture(*shape).scale for shape in ((480, 640), (2160, 3840), (2160, 640), (1, 1))] == [
        1,
        4.5,
        1,
        0.6,
    ]
    assert Pen(0.6).px(0.1) == 1
