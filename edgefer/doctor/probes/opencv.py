"""OpenCV as it is built, the face detector, and whether a window can be shown."""

from __future__ import annotations

import os
import platform

from edgefer.camera import yunet
from edgefer.doctor.finding import Finding, Group, Mark
from edgefer.doctor.packages import installed, oldest, too_old
from edgefer.doctor.place import shown
from edgefer.doctor.probe import RUN
from edgefer.errors import ArtifactError, BackendError

_BUILDS = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)
# JetPack's, with GStreamer; python3-opencv is Ubuntu's, which is older than edgefer takes. One in the venv hides it.
_SYSTEM_BUILD = "sudo apt install libopencv-python && python3 -m venv --system-site-packages .venv"
# The libraries that slim containers lack, by the file that the loader misses.
_LIBRARIES = {"libGL.so.1": "libgl1", "libgthread-2.0.so.0": "libglib2.0-0", "libglib-2.0.so.0": "libglib2.0-0"}


def build() -> list[Finding]:
    """OpenCV: windows, FFmpeg, GStreamer, and other builds of it that overwrite this one."""
    there = installed(_BUILDS)
    try:
        from edgefer.camera.opencv import quiet
        from edgefer.camera.window import toolkit

        cv2 = quiet()
        gui = toolkit()
        backends = {
            name: bool(cv2.videoio_registry.hasBackend(key))
            for name, key in (("FFmpeg", cv2.CAP_FFMPEG), ("GStreamer", cv2.CAP_GSTREAMER))
        }
    except (ImportError, AttributeError) as error:
        fact = f"cannot be loaded: {(str(error).splitlines() or ['no reason given'])[0]}"
        fix = _loading(str(error), there)
        return [Finding(Group.CAMERA, "OpenCV", Mark.MISSING, fact, fix, (RUN,), {"packages": there})]
    version = str(cv2.__version__)
    details = {"version": version, "gui": gui, "packages": there, "backends": backends}
    words = ["no windows" if gui == "NONE" else f"windows by {gui}"]
    words += [f"{'' if has else 'no '}{name}" for name, has in backends.items()]
    fact = f"{version}, {', '.join(words)}"
    if len(there) > 1:
        fact += f"; {' and '.join(there)} are both installed and overwrite each other"
        return [Finding(Group.CAMERA, "OpenCV", Mark.WARNING, fact, _anew(there), (RUN,), details)]
    if old := too_old("opencv-python", version):
        fix = f"pip install --upgrade 'opencv-python>={oldest('opencv-python')}'"
        return [Finding(Group.CAMERA, "OpenCV", Mark.MISSING, f"{version}, {old}", fix, (RUN,), details)]
    if gui == "NONE":
        return [Finding(Group.CAMERA, "OpenCV", Mark.WARNING, fact, _anew(there), (RUN,), details)]
    from edgefer.benchmark.jetson import is_jetson  # pydantic, which takes longer than most probes

    if not backends["GStreamer"] and is_jetson():
        fact += ", which CSI cameras need"
        fix = " && .venv/bin/pip uninstall -y ".join([_SYSTEM_BUILD, *([" ".join(there)] if there else [])])
        return [Finding(Group.CAMERA, "OpenCV", Mark.WARNING, fact, fix, (RUN,), details)]
    return [Finding(Group.CAMERA, "OpenCV", Mark.OK, fact, "", (RUN,), details)]


def detector() -> list[Finding]:
    """The face detector that `edgefer run` would take, opened and tried."""
    try:
        from edgefer.camera.choices import DetectorKind
        from edgefer.camera.detect import open_detector

        name = open_detector(DetectorKind.AUTO).name
        found = yunet.find()
    except ArtifactError as error:
        # A place that the variable names is looked at before the download.
        first = f"unset {yunet.VARIABLE} && " if os.environ.get(yunet.VARIABLE) else f"rm -f {yunet.cached()} && "
        return [Finding(Group.CAMERA, "face detector", Mark.MISSING, error.what, first + yunet.GET, (RUN,))]
    except BackendError as error:
        return [Finding(Group.CAMERA, "face detector", Mark.MISSING, error.what, yunet.GET, (RUN,))]
    except (ImportError, AttributeError) as error:
        fact, fix = "cannot be tried: OpenCV cannot be loaded", _loading(str(error), installed(_BUILDS))
        return [Finding(Group.CAMERA, "face detector", Mark.MISSING, fact, fix, (RUN,))]
    if found is None:
        fact = f"{name}, OpenCV's old cascade; YuNet finds more faces and is not here"
        return [Finding(Group.CAMERA, "face detector", Mark.WARNING, fact, yunet.GET, (RUN,), {"name": name})]
    details = {"name": name, "path": str(found.path), "by": found.by}
    return [Finding(Group.CAMERA, "face detector", Mark.OK, f"{name}, {shown(found.path)}", "", (RUN,), details)]


def display() -> list[Finding]:
    """Whether `edgefer run` can show its window."""
    from edgefer.camera.window import why_headless

    instead = "edgefer run --web 8000 (shows it in a browser)"
    try:
        why = why_headless()
    except (ImportError, AttributeError):
        why = "OpenCV, which draws windows, cannot be loaded"
    if why:
        return [Finding(Group.CAMERA, "display", Mark.ABSENT, why, instead)]
    shown = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or platform.system()
    return [Finding(Group.CAMERA, "display", Mark.OK, f"windows are shown on {shown}")]


def _loading(message: str, there: dict[str, str]) -> str:
    """What mends an OpenCV that cannot be imported."""
    for file, package in _LIBRARIES.items():
        if file in message:
            return f"sudo apt install {package}"
    if "numpy" in message.lower() or "_ARRAY_API" in message:
        # Builds before 4.12 were compiled for NumPy 1 and load with no other.
        return "pip install --upgrade 'opencv-python>=4.12' numpy"
    return _anew(there)


def _anew(there: dict[str, str]) -> str:
    """All builds away, then the one with windows: they share one folder, so what is left of two is none."""
    contrib = any("contrib" in name for name in there)
    wanted = "opencv-contrib-python" if contrib else "opencv-python"
    if installed(("numpy",)).get("numpy", "").startswith("1."):
        wanted = f"'{wanted}<4.12'"  # later builds replace NumPy 1, which JetPack 6 keeps
    return (f"pip uninstall -y {' '.join(there)} && " if there else "") + f"pip install {wanted}"
