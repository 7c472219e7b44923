from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edgefer.data.dataset import Options
from edgefer.data.prepare import prepare
from edgefer.data.readers.expw import EXPW
from edgefer.data.readers.holdout import is_held_out
from edgefer.errors import DataError
from tests import picture_trees
from tests.picture_trees import shades


def test_boxes_order_and_labels(capfd):
    store = prepare(EXPW, picture_trees.expw(Path("E")))
    assert store.path == Path("data/expw")
    assert store.info.emotions == ("anger", "disgust", "fear", "happy", "sad", "surprise", "neutral")
    assert store.pixels.shape == (80, 112, 112, 3)
    assert store.labels.tolist() == [index % 7 for index in range(80)]
    # Each face is cut out of a white picture: a box read in another order would hold white or the other face.
    assert shades(store.pixels) == [10 * (1 + index % 20) for index in range(80)]
    assert "80 faces in 40 pictures; 2 of them have a confidence below half the median (60.25) and are kept" in (
        capfd.readouterr().err
    )


def test_the_split_is_by_picture_and_always_the_same():
    store = prepare(EXPW, picture_trees.expw(Path("E")))
    held = [is_held_out(f"some face_{index // 2}.jpg") for index in range(80)]
    assert [store.splits[code] == "Test" for code in store.codes] == held
    assert 0 < sum(held) < 30


@pytest.mark.parametrize("folder", ["images", "image"])
def test_other_places(folder: str):
    root = picture_trees.expw(Path("E"), 3)
    (root / "origin").rename(root / folder)
    assert len(prepare(EXPW, root, options=Options(size=32)).labels) == 6
    (root / folder).rename("elsewhere")
    with pytest.raises(DataError, match=r"E holds no folder 'origin' or 'images'\. name .* with --images"):
        prepare(EXPW, root)
    assert len(prepare(EXPW, root, options=Options(images=Path("elsewhere"))).labels) == 6


def test_lines_as_other_systems_write_them_and_pictures_without_a_line():
    root = picture_trees.expw(Path("E"), 3)
    plain = prepare(EXPW, root, Path("plain"))
    text = (root / "label.lst").read_text()
    (root / "label.lst").write_bytes("\ufeff".encode() + text.replace("\n", "\r\n").encode())
    picture_trees.paint(root / "origin" / "nobody.jpg", 10)
    other = prepare(EXPW, root, Path("other"))
    assert other.info.sha256 == plain.info.sha256
    assert other.info.left_out == {"without a label": 1}


def test_a_box_that_leaves_the_picture_repeats_its_edge():
    root = picture_trees.expw(Path("E"), 3)
    line = (root / "label.lst").read_text().splitlines()[0]
    (root / "label.lst").write_text(line.replace(" 10 5 35 40 ", " -5 -5 25 25 "))
    assert np.asarray(prepare(EXPW, root).pixels).min() < 100


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("some face_1.jpg 0 10 5 35 40 60.25 7", "'7' is not a label 0..6"),
        ("some face_1.jpg 0 10 5 35 40 60.25 x", "'x' is not a label 0..6"),
        ("some face_1.jpg 0 10 5 35 40 high 3", "'high' is not a confidence"),
        ("some face_1.jpg 0 10 five 35 40 60.25 3", "'five' is not a coordinate"),
        ("some face_1.jpg 0 10 5 5 40 60.25 3", "the face box (top 10, left 5, right 5, bottom 40) is empty"),
        ("some face_1.jpg 0 500 5 35 540 60.25 3", "lies outside the picture of 80 x 60"),
        ("face_1.jpg 0 10", "3 field(s) instead of 8; the file may be cut short"),
        ("nobody.jpg 0 10 5 35 40 60.25 3", "nobody.jpg does not exist"),
        ("../../etc/passwd 0 10 5 35 40 60.25 3", "is not a file name within the folder of the pictures"),
    ],
)
def test_a_faulty_line_is_named(line: str, words: str):
    root = picture_trees.expw(Path("E"), 3)
    lines = (root / "label.lst").read_text().splitlines()
    lines[3] = line
    (root / "label.lst").write_text("\n".join(lines))
    with pytest.raises(DataError) as fault:
        prepare(EXPW, root)
    assert "label.lst, line 4: " in str(fault.value)
    assert words in str(fault.value)
    assert not Path("data/expw").exists()


def test_an_unreadable_picture_is_named_with_its_line():
    root = picture_trees.expw(Path("E"))
    for index in (next(index for index in range(40) if is_held_out(f"some face_{index}.jpg")), 2):
        (root / "origin" / f"some face_{index}.jpg").write_bytes(b"")
        with pytest.raises(DataError, match=rf"label\.lst, line {2 * index + 1}: .*face_{index}\.jpg is empty"):
            prepare(EXPW, root)


def test_what_is_missing_is_named_with_where_to_ask_for_it():
    with pytest.raises(DataError, match=r"ExpW/label\.lst does not exist\. ask .*mmlab\.ie\.cuhk\.edu\.hk"):
        prepare(EXPW, Path("ExpW"))
