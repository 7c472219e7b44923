from __future__ import annotations

import numpy as np
import pytest

from edgefer.camera import detect, yunet
from edgefer.camera.choices import DetectorKind
from edgefer.camera.detect import Face, Haar, WholePicture, YuNet, open_detector
from edgefer.camera.pictures import Pictures
from edgefer.camera.source import open_source
from edgefer.errors import ArtifactError, BackendError, UsageError
from tests import brightness_model

HAS_HAAR = detect._cascade() is not None


@pytest.fixture
def model(shared):
    return shared / "models" / yunet.FILE


@pytest.fixture
def astronaut(shared):
    return next(iter(Pictures(shared / "data/media/astronaut.png"))).picture


def enlarged(picture, factor):
    return np.repeat(np.repeat(picture, factor, axis=0), factor, axis=1)


@pytest.mark.parametrize("width", [640, 320])
@pytest.mark.parametrize("clip", ["eat.mkv", "book.mkv", "want.mkv", "face-demographics-walking-and-pause.gif"])
def test_yunet_finds_a_face_in_nearly_every_frame(shared, model, clip, width):
    detector = YuNet(model, width)
    with open_source(uri=str(shared / "data/media" / clip)) as source:
        found = [bool(detector.detect(frame.picture)) for frame in list(source)[::3]]
    assert sum(found) >= 0.95 * len(found)


def test_yunet_box_and_landmarks(model, astronaut):
    (face,) = YuNet(model).detect(astronaut)
    x, y, width, height = face.box
    assert 160 < x < 200
    assert 50 < y < 80
    assert 70 < width < 110
    assert 90 < height < 130
    assert 0.8 < face.score <= 1
    assert len(face.landmarks) == 5
    assert all(x <= px <= x + width and y <= py <= y + height for px, py in face.landmarks)


def test_large_pictures_are_scaled_for_the_search_only(model, astronaut):
    detector = YuNet(model, 256)
    (small,) = detector.detect(astronaut)
    (large,) = detector.detect(enlarged(astronaut, 3))
    assert large.box == pytest.approx([3 * value for value in small.box], abs=20)
    assert large.landmarks[2] == pytest.approx([3 * value for value in small.landmarks[2]], abs=20)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 700, 3), (20, 640, 3), (1000, 2, 3), (480, 640, 3)])
def test_pictures_of_any_shape_without_a_face(model, shape):
    detector = YuNet(model)
    detector.detect(np.zeros((480, 640, 3), np.uint8))  # OpenCV 4 would find in the next what this one left in memory
    for _ in range(3):
        assert detector.detect(np.zeros(shape, np.uint8)) == []


def test_sizes_may_change_from_frame_to_frame(model, astronaut):
    detector = YuNet(model)
    alone = [face.box for face in YuNet(model).detect(astronaut)]
    detector.detect(np.zeros((90, 40, 3), np.uint8))
    assert [face.box for face in detector.detect(astronaut)] == alone


def test_another_onnx_file_or_none_is_refused(tmp_path, model):
    with pytest.raises(ArtifactError, match="is not the YuNet detector"):
        YuNet(brightness_model.write(tmp_path / "other.onnx"))
    half = tmp_path / "half.onnx"
    half.write_bytes(model.read_bytes()[:100_000])
    with pytest.raises(ArtifactError, match="is not the YuNet detector"):
        YuNet(half)
    half.write_text("hello")
    with pytest.raises(ArtifactError, match="is not the YuNet detector"):
        YuNet(half)


def test_none_takes_the_whole_picture():
    assert WholePicture().detect(np.zeros((30, 40, 3), np.uint8)) == [Face((0, 0, 40, 30), cropped=True)]
    assert isinstance(open_detector(DetectorKind.NONE), WholePicture)


@pytest.mark.skipif(not HAS_HAAR, reason="this OpenCV has no Haar cascade")
def test_haar(astronaut):
    detector = open_detector(DetectorKind.AUTO)
    assert isinstance(detector, Haar)
    best = detector.detect(enlarged(astronaut, 2))[0]
    assert best.score is None
    x, y, width, height = best.box
    assert x < 2 * 222 < x + width
    assert y < 2 * 120 < y + height
    assert detector.detect(np.zeros((1, 1, 3), np.uint8)) == []


def test_auto_prefers_yunet(model):
    assert isinstance(open_detector(DetectorKind.AUTO, model), YuNet)


def test_a_source_that_knows_its_faces_needs_no_file(model, monkeypatch):
    with open_source(uri="demo://") as camera:
        assert open_detector(DetectorKind.AUTO, None, source=camera).name == "the script of demo://"
        assert isinstance(open_detector(DetectorKind.AUTO, model, source=camera), YuNet)
        assert isinstance(open_detector(DetectorKind.NONE, source=camera), WholePicture)
        with pytest.raises(BackendError):
            open_detector(DetectorKind.YUNET, source=camera)


def test_without_any_detector_the_error_names_the_command(monkeypatch):
    monkeypatch.setattr(detect, "_cascade", lambda: None)
    for kind in (DetectorKind.AUTO, DetectorKind.YUNET, DetectorKind.HAAR):
        with pytest.raises(BackendError, match="edgefer models get yunet"):
            open_detector(kind)


def test_yunet_is_not_replaced_when_it_was_asked_for():
    with pytest.raises(BackendError, match="YuNet face detector is not on this machine"):
        open_detector(DetectorKind.YUNET)


def test_a_file_for_a_detector_that_takes_none(tmp_path):
    with pytest.raises(UsageError, match="--detector-model"):
        open_detector(DetectorKind.NONE, tmp_path / "x.onnx")
