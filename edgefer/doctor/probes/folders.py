"""Whether edgefer can write where it writes, and how much room is left there."""

from __future__ import annotations

import errno
import os
import shlex
import shutil
import tempfile
from pathlib import Path

from edgefer import paths
from edgefer.doctor.finding import Finding, Group, Mark, Purpose, grave
from edgefer.doctor.place import shown
from edgefer.doctor.probe import BUILD, TRAIN

# A run of training keeps its network twice, and a teacher's answers to every view; an engine build needs a few files.
LITTLE_BYTES, NONE_BYTES = 2 << 30, 200 << 20


def writing() -> list[Finding]:
    """A finding for each folder."""
    return [
        _folder("cache", paths.cache_dir(), (TRAIN,)),
        _folder(f"{paths.RUNS}/", paths.RUNS, (TRAIN,)),
        _folder(f"{paths.ENGINES}/", paths.ENGINES, (BUILD,)),
        _folder(f"{paths.CALIBRATION}/", paths.CALIBRATION, (BUILD,)),
    ]


def disk() -> list[Finding]:
    """Free space here, and where the cache is if that is another disk."""
    here, cache = anchor(Path.cwd()), anchor(paths.cache_dir())
    found = [_disk("disk", here, "move to a larger disk: cd FOLDER")]
    if here.stat().st_dev != cache.stat().st_dev:
        found.append(_disk("disk of the cache", cache, "export EDGEFER_HOME=FOLDER, on a larger disk"))
    return found


def anchor(path: Path) -> Path:
    """The folder itself, or the nearest one above it that is there."""
    path = path.absolute()
    return next((folder for folder in (path, *path.parents) if os.path.lexists(folder)), Path("/"))


def refusal(folder: Path) -> OSError | None:
    """What happens when a file is written in a folder that is there; None when it works. Nothing is left behind."""
    try:
        with tempfile.TemporaryFile(dir=folder, prefix=".edgefer-doctor-") as handle:
            handle.write(b"x" * 4096)
            handle.flush()
    except OSError as error:
        return error
    return None


def _folder(name: str, path: Path, needed: tuple[Purpose, ...]) -> Finding:
    place = anchor(path)
    made = place == path.absolute()
    details = {"path": str(path.absolute()), "there": made}
    if not place.is_dir():
        what, fix = f"{shown(place)} is no folder", f"mv {_quoted(place)} {_quoted(place)}.old"
    elif (error := refusal(place)) is not None:
        what = f"{shown(place)} cannot be written: {error.strerror or error}"
        fix = _fix(name, place, made, error.errno)
    else:
        fact = f"{shown(path.absolute())}{'' if made else ' (made when needed)'}"
        return Finding(Group.FOLDERS, name, Mark.OK, fact, "", needed, details)
    return Finding(Group.FOLDERS, name, grave(needed), what, fix, needed, details)


def _fix(name: str, place: Path, made: bool, code: int | None) -> str:
    if code in (errno.ENOSPC, errno.EDQUOT):
        return f"free some space: df -h {_quoted(place)}"
    if made and code in (errno.EACCES, errno.EPERM):
        # A folder that somebody else made, most often sudo.
        mine = place.stat().st_uid == os.geteuid()
        return f"chmod u+rwx {_quoted(place)}" if mine else f'sudo chown -R "$(id -un)" {_quoted(place)}'
    elsewhere = _writable()
    return f"export EDGEFER_HOME={_quoted(elsewhere / 'edgefer')}" if name == "cache" else f"cd {_quoted(elsewhere)}"


def _writable() -> Path:
    """A folder that can be written: this one, home, or one for temporary files."""
    places = [Path.cwd(), Path.home(), Path("/var/tmp"), Path("/tmp")]  # noqa: S108  only named, nothing is written
    return next((place for place in places if place.is_dir() and refusal(place) is None), places[1])


def _disk(name: str, place: Path, move: str) -> Finding:
    usage = shutil.disk_usage(place)
    fact = f"{usage.free / 1e9:.1f} of {usage.total / 1e9:.1f} GB free at {shown(place)}"
    details = {"path": str(place), "free_bytes": usage.free, "total_bytes": usage.total}
    needed = (TRAIN, BUILD)
    if usage.free >= LITTLE_BYTES:
        return Finding(Group.FOLDERS, name, Mark.OK, fact, "", needed, details)
    mark = Mark.MISSING if usage.free < NONE_BYTES else Mark.WARNING
    return Finding(Group.FOLDERS, name, mark, fact, f"free some space, or {move}", needed, details)


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))
