from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera.detect import Face
from edgefer.camera.read import network_inputs, read_faces
from edgefer.data import preprocess
from edgefer.errors import ArtifactError
from edgefer.runtime.onnx import OnnxSession
from tests import brightness_model


@pytest.fixture
def session(tmp_path):
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as session:
        yield session


def scene(*levels):
    """Squares of 40 pixels in a row, each of its own brightness, and a face on each."""
    picture = np.zeros((40, 40 * len(levels), 3), np.uint8)
    for index, level in enumerate(levels):
        picture[:, 40 * index : 40 * index + 40] = level
    return picture, [Face((40 * index, 0, 40, 40), 0.9) for index in range(len(levels))]


def test_each_face_gets_its_own_label(session):
    levels = (20, 240, 125, 55)
    readings = read_faces(*scene(*levels), session)
    assert [reading.label for reading in readings] == [brightness_model.label_of(level) for level in levels]
    for reading in readings:
        assert list(reading.probabilities) == list(session.card.labels)
        assert sum(reading.probabilities.values()) == pytest.approx(1, abs=1e-5)
        assert reading.score == max(reading.probabilities.values())
        assert reading.detector_score == 0.9
        assert reading.track is None


def test_all_faces_go_in_one_batch(session, monkeypatch):
    batches = []
    infer = session.infer
    monkeypatch.setattr(session, "infer", lambda pixels: batches.append(len(pixels)) or infer(pixels))
    read_faces(*scene(1, 2, 3), session)
    assert batches == [3]
    assert read_faces(np.zeros((9, 9, 3), np.uint8), [], session) == ()
    assert batches == [3]


def test_a_frame_reads_as_the_same_face_does_in_training(session):
    """BGR frame -> crop -> gray must be the pixels that preprocess makes of the RGB face."""
    rng = np.random.default_rng(0)
    rgb = rng.integers(0, 256, (100, 120, 3), np.uint8)
    box = (20, 10, 70, 70)
    face = rgb[10:80, 20:90]
    expected = preprocess.network_input(face[None], session.card.input)
    bgr = np.ascontiguousarray(rgb[..., ::-1])
    assert np.array_equal(network_inputs(bgr, [Face(box)], session), expected)


def test_colour_networks_get_rgb(tmp_path):
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx", channels=3)) as session:
        bgr = np.zeros((48, 48, 3), np.uint8)
        bgr[..., 0], bgr[..., 2] = 10, 200
        planes = network_inputs(bgr, [Face((0, 0, 48, 48))], session)
    assert [float(plane.mean()) for plane in planes[0]] == [200, 0, 10]


def test_the_margin_comes_from_the_card_and_spares_cropped_pictures(tmp_path):
    picture = np.zeros((100, 100, 3), np.uint8)
    picture[25:75, 25:75] = 240
    box = (25, 25, 50, 50)
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx", margin=0.5)) as session:
        wide = network_inputs(picture, [Face(box)], session)
        tight = network_inputs(picture, [Face(box, cropped=True)], session)
    assert tight.min() == 240
    assert wide.mean() == pytest.approx(60, abs=3)


def test_a_box_over_the_edge_is_read(session):
    picture = np.full((50, 50, 3), 240, np.uint8)
    (reading,) = read_faces(picture, [Face((-20, -20, 50, 50))], session)
    assert reading.label == "happy"


def test_answers_that_are_no_numbers_end_with_the_models_name(session, monkeypatch):
    for broken in (np.nan, np.inf):
        monkeypatch.setattr(
            session, "_infer", lambda pixels, value=broken: np.full((len(pixels), 7), value, np.float32)
        )
        with pytest.raises(ArtifactError, match=rf"{session.card.name} .* not finite"):
            read_faces(*scene(20), session)
