from __future__ import annotations

import numpy as np
import pytest

from edgefer.card import InputSpec
from edgefer.data.demo import demo_faces
from edgefer.data.preprocess import crop, gray, network_input, resize, to_planes
from edgefer.errors import DataError


def _spec(size: int, channels: int = 1, colour: str = "gray") -> InputSpec:
    return InputSpec(
        height=size, width=size, channels=channels, colour=colour, mean=(0.5,) * channels, std=(0.25,) * channels
    )


@pytest.fixture(scope="module")
def faces() -> np.ndarray:
    return demo_faces("PublicTest", 14).pixels


@pytest.fixture(scope="module")
def colour(faces) -> np.ndarray:
    """RGB faces whose channels differ, `[14, 48, 48, 3]`."""
    return np.stack([faces, faces // 2, 255 - faces], axis=3)


def test_gray_faces_of_the_right_size_pass_unchanged(faces):
    pixels = network_input(faces, _spec(48))
    assert (pixels.shape, pixels.dtype) == ((14, 1, 48, 48), np.float32)
    np.testing.assert_array_equal(pixels[:, 0], faces)
    assert pixels.max() > 200  # 0..255: mean and std are the network's


def test_a_gray_network_with_three_channels_sees_the_same_plane_thrice(faces):
    planes = to_planes(faces, _spec(48, 3))
    for channel in range(3):
        np.testing.assert_array_equal(planes[:, channel], faces)


def test_a_colour_network_sees_red_first(colour):
    planes = to_planes(colour, _spec(48, 3, "rgb"))
    assert planes.flags.c_contiguous
    for channel in range(3):
        np.testing.assert_array_equal(planes[:, channel], colour[..., channel])


def test_a_colour_network_takes_gray_faces(faces):
    np.testing.assert_array_equal(to_planes(faces, _spec(48, 3, "rgb"))[:, 2], faces)


def test_luma_weighs_red_above_blue():
    """ITU-R BT.601: 0.299, 0.587, 0.114; a BGR picture taken for RGB would swap red and blue."""
    primaries = np.zeros((1, 3, 3), np.uint8)
    primaries[0, range(3), range(3)] = 255
    np.testing.assert_allclose(gray(primaries)[0], [76.2, 149.7, 29.1], atol=1)
    planes = to_planes(np.broadcast_to(primaries[:, :1], (1, 16, 16, 3)).copy(), _spec(16))
    np.testing.assert_allclose(planes, 76.2, atol=1)


@pytest.mark.parametrize("size", [32, 48, 64, 112])
@pytest.mark.parametrize("channels", [1, 3])
def test_training_planes_and_network_input_are_one(faces, colour, size, channels):
    spec = _spec(size, channels)
    for pictures in (faces, colour):
        planes, pixels = to_planes(pictures, spec), network_input(pictures, spec)
        assert planes.shape == pixels.shape == (14, channels, size, size)
        assert np.abs(planes.astype(np.float32) - pixels).max() <= 1


def test_shrinking_averages_areas():
    stripes = np.tile(np.array([200, 0, 0, 0], np.uint8), (64, 16))
    np.testing.assert_array_equal(resize(stripes, 16, 16), 50)  # sampling between the nearest pixels would give 0
    steps = np.repeat(np.arange(0, 250, 10, dtype=np.uint8), 4)[None].repeat(100, 0)
    np.testing.assert_array_equal(resize(steps, 25, 25)[0], np.arange(0, 250, 10))


def test_enlarging_interpolates():
    ramp = np.array([[0, 100, 200]] * 3, np.uint8)
    wide = resize(ramp, 3, 12)[0].astype(int)
    assert (np.diff(wide) >= 0).all()
    assert len(set(wide.tolist())) > 6


def test_gray_before_or_after_resizing_hardly_matters(colour):
    for size in (24, 96):
        before = np.stack([resize(gray(face), size, size) for face in colour]).astype(int)
        after = np.stack([gray(resize(face, size, size)) for face in colour]).astype(int)
        assert np.abs(before - after).max() <= 1


def test_a_face_cut_from_a_frame_is_the_training_face(faces):
    """The camera's path: frame, box, crop, input; and the training set's: face, planes."""
    frame = np.random.default_rng(0).integers(0, 256, (240, 320), np.uint8)
    frame[100:148, 60:108] = faces[0]
    cut = crop(frame, (60, 100, 48, 48), 0.0)
    for size in (40, 48, 64):
        seen, trained = network_input(cut[None], _spec(size)), to_planes(faces[:1], _spec(size))
        assert np.abs(seen - trained).max() <= 1


def test_a_box_that_is_not_square_is_cut_square_around_its_centre():
    frame = np.zeros((100, 100, 3), np.uint8)
    frame[50, 40] = 255
    cut = crop(frame, (30, 30, 20, 40), 0.0)
    assert cut.shape == (40, 40, 3)
    assert cut[20, 20].tolist() == [255] * 3


def test_the_margin_is_a_share_of_the_side_on_each_side():
    frame = np.arange(200, dtype=np.uint8)[None].repeat(200, 0)
    cut = crop(frame, (80, 80, 40, 40), 0.25)
    assert cut.shape == (60, 60)
    assert cut[0, [0, -1]].tolist() == [70, 129]


def test_outside_the_frame_its_edge_repeats():
    frame = np.arange(100, dtype=np.uint8)[None].repeat(100, 0)
    left, right = crop(frame, (-20, 20, 40, 40), 0.0), crop(frame, (80, 20, 40, 40), 0.0)
    assert left.shape == right.shape == (40, 40)
    assert left[5].tolist() == [0] * 20 + list(range(20))
    assert right[5].tolist() == list(range(80, 100)) + [99] * 20
    corner = crop(frame.T.copy(), (-10, -10, 30, 30), 0.0)
    assert corner[:, 0].tolist() == [0] * 10 + list(range(20))


@pytest.mark.parametrize("box", [(500, 10, 40, 40), (10, -300, 40, 40), (-40, 0, 40, 40)])
def test_a_box_outside_the_frame_is_black(box):
    assert crop(np.full((100, 100, 3), 9, np.uint8), box, 0.0).tolist() == np.zeros((40, 40, 3), int).tolist()


@pytest.mark.parametrize("box", [(10, 10, 0, 0), (10, 10, -5, -5)])
def test_a_box_without_size_is_one_pixel(box):
    assert crop(np.full((100, 100), 9, np.uint8), box, 0.0).shape == (1, 1)


@pytest.mark.parametrize("shape", [(0, 48, 48), (0, 48, 48, 3), (0, 10, 10), (0, 0, 0)])
def test_no_faces_give_no_input(shape):
    none = np.empty(shape, np.uint8)
    assert network_input(none, _spec(64)).shape == (0, 1, 64, 64)
    assert network_input(none, _spec(64, 3, "rgb")).shape == (0, 3, 64, 64)


def test_an_empty_picture_is_named():
    with pytest.raises(DataError, match="empty picture"):
        network_input(np.empty((1, 0, 48), np.uint8), _spec(48))
