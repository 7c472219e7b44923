"""The cameras of this machine, with the modes that they grant."""

from __future__ import annotations

import sys
from pathlib import Path

from edgefer.benchmark import confines
from edgefer.camera import device
from edgefer.doctor.finding import Finding, Group, Mark
from edgefer.doctor.probes import v4l2


def cameras() -> list[Finding]:
    """A finding for each camera, or one that says that there is none. None is started, none is held."""
    if not sys.platform.startswith("linux"):
        return [_none("this system does not list its cameras", "edgefer run --camera 0")]
    found = [one for path in _devices() for one in _camera(path)]
    if found:
        return found
    if confines.container():
        return [_none("none in this container", "docker run --device /dev/video0, or: edgefer run --source FILE")]
    return [_none("none is plugged in", "edgefer run --source FILE")]


def _devices() -> list[Path]:
    paths = [path for path in device.DEVICES.glob("video*") if path.name[5:].isdigit()]
    return sorted(paths, key=lambda path: int(path.name[5:]))


def _camera(path: Path) -> list[Finding]:
    number = path.name[5:]
    try:
        seen = v4l2.look(path)
    except PermissionError:
        fact, fix = f"{path} may not be opened by you", 'sudo usermod -aG video "$USER", then log in again'
        return [Finding(Group.CAMERA, f"camera {number}", Mark.WARNING, fact, fix)]
    except OSError as error:
        fact = f"{path} does not answer: {error.strerror or error}"
        fix = f"unplug it and plug it in again, then: edgefer run --camera {number}"
        return [Finding(Group.CAMERA, f"camera {number}", Mark.WARNING, fact, fix)]
    if seen is None:  # a codec, or what a camera gives beside its pictures
        return []
    fact = f"{seen.name}; {', '.join(map(str, seen.best())) or 'names no mode'}"
    details = {"path": str(path), "name": seen.name, "modes": [str(mode) for mode in seen.modes]}
    return [Finding(Group.CAMERA, f"camera {number}", Mark.OK, fact, details=details)]


def _none(fact: str, instead: str) -> Finding:
    return Finding(Group.CAMERA, "cameras", Mark.ABSENT, fact, instead)
