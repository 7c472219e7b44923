"""Names and defaults that the command line shows; imports nothing heavy."""

from __future__ import annotations

from enum import Enum


class DetectorKind(str, Enum):
    """Who finds the faces: `auto` takes YuNet where its file is present, else Haar; `none` takes the whole picture.

    Where YuNet is not, `auto` takes the faces of `demo://` from its script.
    """

    AUTO = "auto"
    YUNET = "yunet"
    HAAR = "haar"
    NONE = "none"


DETECT_WIDTH = 640  # pixels

INTERVAL = 5.0  # seconds that --aggregate-only counts together

WEB_HOST = "127.0.0.1"  # where --web listens: this machine alone
