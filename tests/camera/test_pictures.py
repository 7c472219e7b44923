from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.pictures import Pictures
from edgefer.errors import SourceError
from tests.films import cut, picture, until_error


def test_a_folder_in_the_order_of_names(tmp_path):
    for name, level in (("b.png", 20), ("a.jpg", 10), ("c.bmp", 30)):
        picture(tmp_path / name, level)
    (tmp_path / "notes.txt").write_text("x")
    source = Pictures(tmp_path)
    frames = list(source)
    assert [frame.name for frame in frames] == ["a.jpg", "b.png", "c.bmp"]
    assert [frame.time for frame in frames] == [0, 1, 2]
    assert [int(frame.picture[0, 0, 0]) for frame in frames] == pytest.approx([10, 20, 30], abs=2)
    assert "3 pictures" in source.description
    assert "1 other files ignored" in source.description


@pytest.mark.parametrize("shape", [(8, 9), (8, 9, 4), (1, 1, 3)])
def test_gray_bgra_and_tiny_pictures_become_bgr(tmp_path, shape):
    (frame,) = Pictures(picture(tmp_path / "a.png", 50, shape))
    assert frame.picture.shape == (*shape[:2], 3)


def test_an_unreadable_picture_is_named_and_the_others_are_read(tmp_path, capfd):
    for name in ("a.png", "b.png", "c.png"):
        picture(tmp_path / name)
    cut(tmp_path / "b.png", 0.4)
    (tmp_path / "b.png").write_bytes(b"junk")
    source = Pictures(tmp_path)
    names = []
    with pytest.raises(SourceError, match=r"1 of 3 pictures in .* cannot be read \(b.png\)"):
        names.extend(frame.name for frame in source)
    assert "b.png cannot be read as a picture" in capfd.readouterr().err


def test_readable_ones_come_before_the_complaint(tmp_path):
    for name in ("a.png", "c.png"):
        picture(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"junk")
    frames, _ = until_error(Pictures(tmp_path))
    assert [frame.name for frame in frames] == ["a.png", "c.png"]


def test_stop_ends_without_complaint(tmp_path):
    for name in ("a.png", "c.png"):
        picture(tmp_path / name)
    source = Pictures(tmp_path)
    frames = iter(source)
    next(frames)
    source.stop()
    assert list(frames) == []


@pytest.mark.parametrize("content", [b"", b"hello", np.zeros(99, np.uint8).tobytes()])
def test_a_file_that_is_no_picture_is_refused_at_once(tmp_path, content):
    path = tmp_path / "a.png"
    path.write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.png cannot be read as a picture"):
        Pictures(path)


def test_a_folder_without_pictures_is_refused(tmp_path):
    (tmp_path / "film.mp4").write_bytes(b"x")
    with pytest.raises(SourceError, match="holds no picture"):
        Pictures(tmp_path)


def test_a_folder_of_broken_pictures_is_refused(tmp_path):
    (tmp_path / "a.png").write_bytes(b"x")
    with pytest.raises(SourceError, match="1 of 1 pictures"):
        Pictures(tmp_path)


def test_a_pattern_in_the_order_of_names(tmp_path):
    (tmp_path / "below").mkdir()
    for name in ("c.jpg", "a.jpg", "below/b.jpg", "d.png"):
        picture(tmp_path / name)
    (tmp_path / "e.jpg.txt").write_text("x")
    source = Pictures(tmp_path / "*.jpg*")
    assert [frame.name for frame in source] == ["a.jpg", "c.jpg"]
    assert source.description == f"2 pictures in {tmp_path}/*.jpg* (1 other files ignored)"
    assert [frame.name for frame in Pictures(tmp_path / "**/*.jpg")] == ["a.jpg", "b.jpg", "c.jpg"]


def test_a_pattern_that_matches_nothing_or_no_picture_is_refused(tmp_path):
    with pytest.raises(SourceError, match=r"nothing matches .*\*\.jpg"):
        Pictures(tmp_path / "*.jpg")
    (tmp_path / "a.mp4").write_bytes(b"x")
    with pytest.raises(SourceError, match=r"\*\.mp4 holds no picture"):
        Pictures(tmp_path / "*.mp4")


def test_eight_thousand_pixels_wide(tmp_path):
    (frame,) = Pictures(picture(tmp_path / "a.bmp", 9, (4320, 7680, 3)))
    assert frame.picture.shape == (4320, 7680, 3)
