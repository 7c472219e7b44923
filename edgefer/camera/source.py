"""One grammar for everything that gives frames."""

from __future__ import annotations

import difflib
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

from edgefer.camera import demo_camera
from edgefer.camera.device import STREAMS, open_camera, open_stream
from edgefer.camera.frame import Source
from edgefer.camera.pictures import SUFFIXES, Pictures
from edgefer.camera.video import VideoFile
from edgefer.errors import SourceError, UsageError


def open_source(camera: int | None = None, uri: str | None = None) -> Source:
    """Open a camera by number, or a `uri`: a number, /dev/videoN, rtsp:// and other streams, a video, picture or folder.

    Camera 0 when neither is given. Raises SourceError when it gives no frame, UsageError for a scheme that is unknown
    or when both are given.
    """
    if camera is not None and uri is not None:
        raise UsageError("--camera and --source exclude each other", "give one of them")
    if uri is None:
        return open_camera(camera or 0)
    if device := re.fullmatch(r"(?:/dev/video)?(\d+)", uri):
        return open_camera(int(device[1]))
    if "://" in uri:
        return _by_scheme(uri)
    return _by_path(Path(uri).expanduser())


def _by_scheme(uri: str) -> Source:
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return _by_path(Path(unquote(parts.path)))
    if parts.scheme == demo_camera.SCHEME:
        return demo_camera.DemoCamera(demo_camera.demo_options(uri))
    if parts.scheme in STREAMS:
        return open_stream(uri)
    near = difflib.get_close_matches(parts.scheme, (*STREAMS, demo_camera.SCHEME, "file"), n=1)
    hint = f"did you mean {near[0]}://?" if near else f"known: {', '.join(f'{name}://' for name in STREAMS)}"
    raise UsageError(f"unknown kind of source {parts.scheme}://", hint)


def _by_path(path: Path) -> Source:
    if path.is_dir() or (path.suffix.lower() in SUFFIXES and path.is_file()):
        return Pictures(path)
    if not path.exists():
        raise SourceError(f"{path} does not exist", "name a video, a picture, a folder of pictures, or use --camera 0")
    return VideoFile(path)
