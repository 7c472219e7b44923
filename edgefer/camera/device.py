"""Opens the cameras of this machine as live sources."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

from edgefer.camera import gstreamer
from edgefer.camera.address import hidden
from edgefer.camera.asked import Asked, Codec
from edgefer.camera.endurance import Endurance
from edgefer.camera.grabber import Opened
from edgefer.camera.live import LiveSource
from edgefer.camera.opencv import fps_of, granted, quiet
from edgefer.errors import BackendError, SourceError, UsageError

DEVICES = Path("/dev")
PROCESSES = Path("/proc")
FOURCC = {Codec.MJPG: "MJPG", Codec.YUYV: "YUYV"}
ELSEWHERE = "try: edgefer run --source FILE, or --source demo://"


def open_camera(where: int | Path, asked: Asked | None = None, endurance: Endurance | None = None) -> LiveSource:
    """Open a camera by its number or device file, such as /dev/video2 or a link in /dev/v4l/by-id.

    Motion JPEG unless another codec is asked for: over USB 2 an uncompressed picture leaves about 10 frames a second.
    """
    wanted = asked or Asked()
    name = f"camera {hidden(str(where))}"
    if wanted.codec is Codec.H264:
        gstreamer.require_gstreamer("--codec h264")
    return LiveSource(name, lambda: _connect(where, name, wanted), endurance)


def open_csi(sensor: int, asked: Asked | None = None, flip: int = 0, endurance: Endurance | None = None) -> LiveSource:
    """Open CSI camera `sensor` of a Jetson. Raises BackendError where OpenCV has no GStreamer."""
    wanted = asked or Asked()
    if wanted.codec is not None:
        raise UsageError("csi:// has no codec: its pictures come uncompressed", "leave --codec out")
    name = f"csi://{sensor}"
    gstreamer.require_gstreamer(name)
    pipeline = gstreamer.csi_pipeline(sensor, wanted, flip)
    fix = "is it a Jetson with this camera? Try: systemctl restart nvargus-daemon; then other sizes with --size"
    return LiveSource(name, lambda: _telling(gstreamer.open_pipeline(pipeline, name, fix), wanted), endurance)


def _connect(where: int | Path, name: str, asked: Asked) -> Opened:
    cv2 = quiet()
    linux = sys.platform.startswith("linux")
    index = _index(where, name)
    if asked.codec is Codec.H264:
        pipeline = gstreamer.h264_pipeline(DEVICES / f"video{index}", asked)
        return _telling(gstreamer.open_pipeline(pipeline, name, "try: --codec mjpg"), asked)
    capture = cv2.VideoCapture(index, cv2.CAP_V4L2 if linux else cv2.CAP_ANY)
    if not capture.isOpened():
        capture.release()
        raise _no_camera(index, name, linux)
    # The codec comes first: it decides which sizes and rates there are.
    capture.set(cv2.CAP_PROP_FOURCC, cv2.VideoWriter_fourcc(*FOURCC[asked.codec or Codec.MJPG]))
    if asked.size:
        capture.set(cv2.CAP_PROP_FRAME_WIDTH, asked.size[0])
        capture.set(cv2.CAP_PROP_FRAME_HEIGHT, asked.size[1])
    if asked.fps:
        capture.set(cv2.CAP_PROP_FPS, asked.fps)
    capture.set(cv2.CAP_PROP_BUFFERSIZE, 1)
    return _telling(Opened(capture, granted(capture), fps_of(capture)), asked)


def _telling(opened: Opened, asked: Asked) -> Opened:
    """What was granted, and before it what was asked for."""
    return Opened(opened.capture, f"asked {asked}, granted {opened.granted}", opened.fps) if asked else opened


def _index(where: int | Path, name: str) -> int:
    """The number of a camera now: a link follows its camera to another number when it is plugged in again."""
    if isinstance(where, int):
        return where
    if match := re.fullmatch(r"video(\d+)", where.resolve().name):
        return int(match[1])
    if not where.exists():
        raise SourceError(f"no {name}{_others()}", ELSEWHERE)
    raise SourceError(f"{name[7:]} is no camera", f"cameras are /dev/video0, /dev/video1, ...; {ELSEWHERE}")


def _no_camera(index: int, name: str, linux: bool) -> SourceError | BackendError:
    device = DEVICES / f"video{index}"
    if not linux or not device.exists():
        return SourceError(f"no {name}{_others() if linux else ''}", ELSEWHERE)
    if not os.access(device, os.R_OK | os.W_OK):
        return SourceError(f"{name} may not be opened by you", f"join the group that owns {device} (video)")
    if holder := _holder(device):
        return SourceError(f"{name} is busy: {holder} holds it", f"close that program, or {ELSEWHERE}")
    return SourceError(
        f"{name} does not open: another program holds it, or {device} is no video input",
        f"close the other program, or {ELSEWHERE}",
    )


def _others() -> str:
    numbers = sorted(int(path.name[5:]) for path in DEVICES.glob("video*") if path.name[5:].isdigit())
    return f" (there is {', '.join(map(str, numbers))})" if numbers else ""


def _holder(device: Path) -> str:
    """Another program that has a file open, by name and number; empty when none can be seen."""
    for process in PROCESSES.glob("[0-9]*"):
        if process.name == str(os.getpid()):
            continue
        try:
            held = any(link.samefile(device) for link in (process / "fd").iterdir() if link.exists())
            if held:
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # a process of another user, or one that has just ended
            continue
    return ""


def camera_number(text: str) -> int | None:
    """The number in `0`, `/dev/video0` or `video0`, else None."""
    match: Any = re.fullmatch(r"(?:(?:/dev/)?video)?(\d{1,4})", text)
    return int(match[1]) if match else None
