from __future__ import annotations

import pytest

from edgefer.camera import source as module
from edgefer.camera.pictures import Pictures
from edgefer.camera.source import open_source
from edgefer.camera.video import VideoFile
from edgefer.errors import SourceError, UsageError
from tests.films import film, picture


@pytest.mark.parametrize(
    ("camera", "uri", "number"), [(None, None, 0), (2, None, 2), (None, "3", 3), (None, "/dev/video4", 4)]
)
def test_cameras_by_number(monkeypatch, camera, uri, number):
    monkeypatch.setattr(module, "open_camera", lambda index: ("camera", index))
    assert open_source(camera, uri) == ("camera", number)


@pytest.mark.parametrize("uri", ["rtsp://host/live", "http://host/a.mjpg", "udp://@:5000"])
def test_streams_by_scheme(monkeypatch, uri):
    monkeypatch.setattr(module, "open_stream", lambda url: ("stream", url))
    assert open_source(uri=uri) == ("stream", uri)


def test_files_by_what_they_are(tmp_path):
    video, still = film(tmp_path / "my film.avi", [1, 2]), picture(tmp_path / "a.PNG")
    assert isinstance(open_source(uri=str(video)), VideoFile)
    assert isinstance(open_source(uri=(tmp_path / "my film.avi").as_uri()), VideoFile)
    assert isinstance(open_source(uri=str(still)), Pictures)
    assert isinstance(open_source(uri=str(tmp_path)), Pictures)


def test_both_is_wrong_usage():
    with pytest.raises(UsageError, match="exclude each other"):
        open_source(0, "film.mp4")


def test_unknown_scheme_gets_a_hint():
    with pytest.raises(UsageError, match="did you mean rtsp://"):
        open_source(uri="rtps://host")
    with pytest.raises(UsageError, match="known: http://"):
        open_source(uri="carrier-pigeon://host")


def test_missing_file():
    with pytest.raises(SourceError, match=r"nowhere\.mp4 does not exist"):
        open_source(uri="nowhere.mp4")
