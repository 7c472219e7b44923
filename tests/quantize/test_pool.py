from __future__ import annotations

import json

import numpy as np
import pytest

from edgefer.data.faces import FaceSet
from edgefer.emotions import FER2013
from edgefer.errors import ArtifactError, DataError
from edgefer.paths import sha256
from edgefer.quantize.pool import screen
from tests import tiny_net


def with_faults() -> FaceSet:
    """Noise, of which face 1 is black, 2 white, 5 and 9 are copies of 3, and 6 stands in the other split."""
    faces = tiny_net.faces()
    pixels = np.array(faces.pixels)
    pixels[1], pixels[2], pixels[5], pixels[9], pixels[6] = 0, 255, pixels[3], pixels[3], other().pixels[4]
    return FaceSet.of("noise", "Training", FER2013, pixels, faces.labels)


def other() -> FaceSet:
    return tiny_net.faces(21, seed=5, split="PublicTest")


def exclusion(path, faces, *rows):
    part = {"sha256": faces.sha256, "rows": {str(row): "near copy" for row in rows}}
    path.write_text(json.dumps({"dataset": "noise", "exclude": {"Training": part}}))
    return path


def test_blank_faces_copies_and_faces_of_other_splits_stay_out():
    pool = screen(with_faults(), [other()])
    assert np.flatnonzero(~pool.allowed).tolist() == [1, 2, 5, 6, 9]
    assert pool.skipped == {"blank": 2, "also in PublicTest": 1, "copies of another face": 2}
    assert pool.why == "2 blank, 1 also in PublicTest, 2 copies of another face"
    assert pool.left == 135


def test_an_exclusion_list_is_honoured_on_top(tmp_path):
    faces = with_faults()
    path = exclusion(tmp_path / "audit.json", faces, 0, 1, 3)
    pool = screen(faces, [other()], exclude=path)
    # The first copy is on the list, so the second one is the one that stays.
    assert np.flatnonzero(~pool.allowed).tolist() == [0, 1, 2, 3, 6, 9]
    assert pool.skipped == {
        "on the exclusion list": 3, "blank": 1, "also in PublicTest": 1, "copies of another face": 1,
    }  # fmt: skip
    assert (pool.exclude, pool.exclude_sha256) == (path, sha256(path))


def test_a_list_made_from_other_faces_is_refused(tmp_path):
    path = exclusion(tmp_path / "audit.json", tiny_net.faces(seed=3), 0)
    with pytest.raises(ArtifactError, match="was made from other faces than noise Training holds now"):
        screen(tiny_net.faces(), exclude=path)


def test_a_clean_split_is_allowed_as_a_whole():
    pool = screen(tiny_net.faces())
    assert (pool.left, pool.skipped, pool.why) == (140, {}, "")


def test_levels_are_mean_grey_and_luma_for_colour():
    gray = np.stack([np.full((8, 8), 40, np.uint8), np.arange(64, dtype=np.uint8).reshape(8, 8)])
    pool = screen(FaceSet.of("x", "Training", FER2013, gray, np.zeros(2, np.int64)))
    np.testing.assert_allclose(pool.levels, [40, 31.5])
    assert pool.allowed.tolist() == [False, True]
    colour = np.zeros((2, 8, 8, 3), np.uint8)
    colour[0] = (200, 100, 50)
    colour[1, :4] = (255, 0, 0)
    pool = screen(FaceSet.of("x", "Training", FER2013, colour, np.zeros(2, np.int64)))
    np.testing.assert_allclose(pool.levels, [0.299 * 200 + 58.7 + 5.7, 0.299 * 127.5])
    assert pool.allowed.tolist() == [False, True]  # one colour all over is blank, whatever colour


def test_more_faces_than_a_block_are_all_looked_at():
    pixels = np.random.default_rng(0).integers(0, 256, (5000, 4, 4)).astype(np.uint8)
    pixels[4500] = 7
    pool = screen(FaceSet.of("x", "Training", FER2013, pixels, np.zeros(5000, np.int64)))
    np.testing.assert_allclose(pool.levels, pixels.mean(axis=(1, 2)))
    assert pool.skipped == {"blank": 1}


def test_only_training_faces_are_drawn():
    with pytest.raises(DataError, match="come from Training alone, not from PublicTest"):
        screen(tiny_net.faces(split="PublicTest"))
