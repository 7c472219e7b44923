from __future__ import annotations

from pathlib import Path

import pytest

from edgefer.camera import source as module
from edgefer.camera.asked import Asked, Codec
from edgefer.camera.endurance import Endurance
from edgefer.camera.pictures import Pictures
from edgefer.camera.source import open_source
from edgefer.camera.video import VideoFile
from edgefer.errors import EdgeferError, SourceError, UsageError
from tests.films import film, picture


@pytest.fixture
def opened(monkeypatch):
    """What the openers are called with."""
    calls = []
    for name in ("open_camera", "open_csi", "open_stream"):
        monkeypatch.setattr(module, name, lambda *args, name=name: calls.append((name, *args)))
    return calls


@pytest.mark.parametrize(
    ("camera", "uri", "where", "asked"),
    [
        (None, None, 0, Asked()),
        (2, None, 2, Asked()),
        (None, "3", 3, Asked()),
        (None, "/dev/video4", 4, Asked()),
        (None, "v4l2://", 0, Asked()),
        (None, "v4l2://5", 5, Asked()),
        (None, "v4l2:///dev/video2?size=1280x720&fps=30&codec=mjpg", 2, Asked((1280, 720), 30.0, Codec.MJPG)),
        (None, "v4l2:///dev/v4l/by-id/usb-A%20B?codec=YUYV", Path("/dev/v4l/by-id/usb-A B"), Asked(codec=Codec.YUYV)),
        (None, "/dev/null", Path("/dev/null"), Asked()),
    ],
)
def test_cameras(opened, camera, uri, where, asked):
    endurance = Endurance(reconnect=1)
    open_source(camera, uri, endurance=endurance)
    assert opened == [("open_camera", where, asked, endurance)]


def test_what_is_asked_for_in_two_places_is_put_together(opened):
    open_source(uri="v4l2://1?size=320x240", asked=Asked(fps=15.0))
    open_source(uri="csi://1?fps=60&flip=2", asked=Asked((1920, 1080)))
    open_source(uri="csi://")
    assert opened == [
        ("open_camera", 1, Asked((320, 240), 15.0), None),
        ("open_csi", 1, Asked((1920, 1080), 60.0), 2, None),
        ("open_csi", 0, Asked(), 0, None),
    ]
    with pytest.raises(UsageError, match="--size and size= in the address exclude each other"):
        open_source(uri="v4l2://1?size=320x240", asked=Asked((640, 480)))


@pytest.mark.parametrize("uri", ["rtsp://host/live", "http://host/a.mjpg", "udp://@:5000"])
def test_streams_by_scheme(opened, uri):
    open_source(uri=uri)
    open_source(uri=uri.replace("rtsp", "RTSP"))
    assert opened == [("open_stream", uri, None)] * 2


@pytest.mark.parametrize("uri", ["rtsp://host/live", "film.mp4", "*.jpg"])
def test_only_cameras_can_be_asked(uri):
    with pytest.raises(UsageError, match="has its own size, rate and codec"):
        open_source(uri=uri, asked=Asked(fps=30.0))


@pytest.mark.parametrize(
    ("uri", "message"),
    [
        ("v4l2:///dev/video0?sise=1x1", r"v4l2:// has no option 'sise'\. did you mean size=\?"),
        ("v4l2:///dev/video0?codec=mjpeg", "unknown codec 'mjpeg'. did you mean 'mjpg'"),
        ("v4l2:///dev/video0?flip=2", "has no option 'flip'"),
        ("csi://left", "csi://left names no sensor"),
        ("csi://0?flip=9", "flip=9 is no number from 0 to 7"),
    ],
)
def test_what_an_address_cannot_mean_is_wrong_usage(uri, message):
    with pytest.raises(UsageError, match=message):
        open_source(uri=uri)


def test_files_by_what_they_are(tmp_path):
    video, still = film(tmp_path / "my film.avi", [1, 2]), picture(tmp_path / "a.PNG")
    assert isinstance(open_source(uri=str(video)), VideoFile)
    assert isinstance(open_source(uri=(tmp_path / "my film.avi").as_uri()), VideoFile)
    assert isinstance(open_source(uri=str(still)), Pictures)
    assert isinstance(open_source(uri=str(tmp_path)), Pictures)
    assert isinstance(open_source(uri=str(tmp_path / "*.PNG")), Pictures)
    assert len(list(open_source(uri=str(video.rename("0"))))) == 2, "a file may be named as a camera is"


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


@pytest.mark.parametrize("uri", ["rtsp:/me:secret@host/x", "rtps://me:secret@host/x", "v4l2://me:secret@host"])
def test_a_misspelt_address_hides_its_password(uri):
    with pytest.raises(EdgeferError) as error:
        open_source(uri=uri)
    assert "secret" not in str(error.value)
