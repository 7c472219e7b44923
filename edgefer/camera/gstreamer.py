"""Cameras that OpenCV reaches through GStreamer only: CSI cameras of a Jetson, and USB cameras that send H.264."""

from __future__ import annotations

from pathlib import Path

from edgefer.camera.asked import Asked
from edgefer.camera.grabber import Opened
from edgefer.camera.opencv import fps_of, quiet
from edgefer.errors import BackendError, SourceError

# Every sensor that NVIDIA's drivers know has a mode that contains this one.
CSI_SIZE, CSI_FPS = (1280, 720), 30.0
# appsink keeps one frame and throws older ones away: a reader that is late is not behind.
_END = "videoconvert ! video/x-raw, format=BGR ! appsink drop=true max-buffers=1 sync=false"
FLIPS = 7


def csi_pipeline(sensor: int, asked: Asked, flip: int = 0) -> str:
    """GStreamer's line for CSI camera `sensor` of a Jetson. flip: 0..7 as nvvidconv counts; 2 turns upside down."""
    width, height = asked.size or CSI_SIZE
    return (
        f"nvarguscamerasrc sensor-id={sensor} ! video/x-raw(memory:NVMM), width={width}, height={height}, "
        f"format=NV12, framerate={_rate(asked.fps or CSI_FPS)} ! nvvidconv flip-method={flip} ! "
        f"video/x-raw, format=BGRx ! {_END}"
    )


def h264_pipeline(device: Path, asked: Asked) -> str:
    """GStreamer's line for a camera that sends H.264."""
    caps = "video/x-h264"
    if asked.size:
        caps += f", width={asked.size[0]}, height={asked.size[1]}"
    if asked.fps:
        caps += f", framerate={_rate(asked.fps)}"
    return f"v4l2src device={device} ! {caps} ! h264parse ! avdec_h264 ! {_END}"


def require_gstreamer(what: str) -> None:
    """Raise BackendError where this OpenCV has no GStreamer, as those from PyPI."""
    cv2 = quiet()
    if not cv2.videoio_registry.hasBackend(cv2.CAP_GSTREAMER):
        raise BackendError(
            f"{what} needs an OpenCV with GStreamer, and OpenCV {cv2.__version__} here has none (those from PyPI never do)",
            "on a Jetson use the system's own: sudo apt install libopencv-python, a venv with --system-site-packages, "
            "and in it: pip uninstall opencv-python",
        )


def open_pipeline(pipeline: str, name: str, fix: str) -> Opened:
    """Open a pipeline that ends in an appsink. Raises SourceError with `fix` when it does not start."""
    cv2 = quiet()
    require_gstreamer(name)
    capture = cv2.VideoCapture(pipeline, cv2.CAP_GSTREAMER)
    if not capture.isOpened():
        capture.release()
        raise SourceError(f"{name} does not start ({pipeline.split(' ! ', 1)[0]} gives nothing)", fix)
    width, height = (int(capture.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
    fps = fps_of(capture)
    return Opened(capture, f"{width}x{height}" + (f" at {fps:g} fps" if fps else ""), fps)


def _rate(fps: float) -> str:
    """29.97 to 30000/1001, as cameras name it; 30 to 30/1."""
    near = round(fps)
    if abs(fps - near) < 1e-3:
        return f"{near}/1"
    ntsc = near and abs(fps - near * 1000 / 1001) < 1e-2
    return f"{near * 1000}/1001" if ntsc else f"{round(fps * 1000)}/1000"
