"""One grammar for everything that gives frames."""

from __future__ import annotations

import difflib
import glob
from pathlib import Path
from urllib.parse import unquote

from edgefer.camera import address
from edgefer.camera.asked import Asked
from edgefer.camera.device import camera_number, open_camera, open_csi
from edgefer.camera.endurance import Endurance
from edgefer.camera.frame import Source
from edgefer.camera.gstreamer import FLIPS
from edgefer.camera.pictures import SUFFIXES, Pictures, is_utf8
from edgefer.camera.stream import STREAMS, open_stream
from edgefer.camera.video import VideoFile
from edgefer.errors import SourceError, UsageError

SCHEMES = (*STREAMS, "csi", "v4l2", "demo", "file")


def open_source(
    camera: int | None = None,
    uri: str | None = None,
    asked: Asked | None = None,
    endurance: Endurance | None = None,
) -> Source:
    """Open a camera by number, or what a `uri` names.

    uri: a camera (`0`, `/dev/video0`, `v4l2:///dev/video2?size=1280x720&fps=30&codec=mjpg`, `csi://0`), a network stream
        (`rtsp://`, `http://`, ...), a video, a picture, a folder of pictures, a pattern such as `*.jpg`, or `demo://`.
        Camera 0 when neither is given.
    asked: size, rate and codec for cameras. endurance: patience with cameras and streams.

    Raises SourceError when it gives no frame, BackendError when OpenCV lacks what it needs, UsageError for an unknown
    scheme or option, when both are given, or when something is asked of a source that has its own size and rate.
    """
    wanted = asked or Asked()
    if camera is not None and uri is not None:
        raise UsageError("--camera and --source exclude each other", "give one of them")
    if uri is None:
        return open_camera(camera or 0, wanted, endurance)
    if (number := camera_number(uri)) is not None and not Path(uri).is_file():
        return open_camera(number, wanted, endurance)
    if "://" in uri:
        return _by_scheme(uri, wanted, endurance)
    return _by_path(Path(uri).expanduser(), wanted, endurance)


def _by_scheme(uri: str, asked: Asked, endurance: Endurance | None) -> Source:
    scheme, _, rest = uri.partition("://")
    scheme = scheme.lower()
    if scheme == "file":
        # The host of file://host/path is this machine, by whatever name.
        return _by_path(Path(unquote("/" + rest.partition("/")[2])), asked, endurance)
    if scheme in STREAMS:
        _refuse_asked(asked, "a network stream")
        return open_stream(f"{scheme}://{rest}", endurance)
    if scheme == "demo":
        # A real camera does not wait for all that draws faces.
        from edgefer.camera.demo_camera import DemoCamera, demo_options

        return DemoCamera(demo_options(uri, asked))
    place = unquote(rest.partition("?")[0])
    if scheme == "v4l2":
        found = address.options(uri, address.ASKED)
        number = camera_number(place or "0")
        where = Path(place) if number is None else number
        return open_camera(where, asked.also(address.asked(found)), endurance)
    if scheme == "csi":
        found = address.options(uri, (*address.ASKED, "flip"))
        if not (place or "0").isdigit():
            raise UsageError(f"csi://{address.hidden(place)} names no sensor", "use csi://0, csi://1, ...")
        flip = address.whole(found, "flip", 0, 0, FLIPS)
        return open_csi(int(place or 0), asked.also(address.asked(found)), flip, endurance)
    near = difflib.get_close_matches(scheme, SCHEMES, n=1)
    hint = f"did you mean {near[0]}://?" if near else f"known: {', '.join(f'{name}://' for name in SCHEMES)}"
    raise UsageError(f"unknown kind of source {address.hidden(scheme)}://", hint)


def _by_path(path: Path, asked: Asked, endurance: Endurance | None) -> Source:
    if path.is_char_device():
        return open_camera(path, asked, endurance)
    _refuse_asked(asked, "a file")
    if path.exists() and not path.is_file() and not path.is_dir():
        raise SourceError(f"{address.hidden(str(path))} is a pipe or a device", "name a video, a picture or a folder")
    if not is_utf8(path):
        raise SourceError(f"the name of {path} is no UTF-8, which OpenCV cannot open", "give it another name")
    pattern = not path.exists() and glob.has_magic(str(path))
    if pattern or path.is_dir() or (path.suffix.lower() in SUFFIXES and path.is_file()):
        return Pictures(path)
    if not path.exists():
        raise SourceError(
            f"{address.hidden(str(path))} does not exist",
            "name a video, a picture, a folder of pictures, or use --camera 0 or --source demo://",
        )
    return VideoFile(path)


def _refuse_asked(asked: Asked, what: str) -> None:
    if asked:
        raise UsageError(f"{what} has its own size, rate and codec", "leave out --size, --fps and --codec")
