"""Where files land, and how they are written: to a temporary name first, then renamed."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import os
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path

from edgefer.errors import ArtifactError

if sys.platform != "win32":
    import fcntl

RUNS = Path("runs")
DATA = Path("data")
ENGINES = Path("engines")
CALIBRATION = Path("calibration")

# No card, manifest, recipe or record comes near; a file that does is something else, or an attack on the memory.
LARGEST_TEXT = 64 << 20

# In the name of a folder or a file that is being written.
_UNFINISHED = ".edgefer-unfinished"
_YOUNG = 3600.0  # seconds


def cache_dir() -> Path:
    """Downloads and derived files: `EDGEFER_HOME`, else the user's cache folder. Not created here."""
    if home := os.environ.get("EDGEFER_HOME"):
        return Path(home)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edgefer"


@contextlib.contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; it becomes `path` when the block ends well and vanishes otherwise.

    Those that killed processes left an hour ago and more are removed first.

    Raises ArtifactError when the folder cannot be made or written.
    """
    if path.is_dir():
        raise ArtifactError(f"{path} is a directory", "name a file to write")
    made = _missing(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _remove_unfinished_files(path)
        handle, name = tempfile.mkstemp(f"{_UNFINISHED}{path.suffix}", f".{path.name}.", path.parent)
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}", "name a writable place") from error
    temporary = Path(name)
    held = _locked(handle)
    try:
        yield temporary
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"cannot write {path}: {error.strerror or error}", "free some space or name a writable place"
        ) from error
    finally:
        temporary.unlink(missing_ok=True)
        _remove_empty(made)
        if held is not None:
            os.close(held)


@contextlib.contextmanager
def atomic_dir(path: Path) -> Iterator[Path]:
    """Yield a temporary directory beside `path`; it replaces `path` when the block ends well, else vanishes.

    Those that killed processes left beside `path` are removed first.
    """
    if path.exists() and not path.is_dir():
        raise ArtifactError(f"{path} is a file", "name a directory to write")
    made = _missing(path.parent)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_unfinished(path.parent)
        temporary, held = _held_folder(path)
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}", "name a writable place") from error
    try:
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        if path.exists():
            shutil.rmtree(path)
        temporary.replace(path)
    except OSError as error:
        raise ArtifactError(
            f"cannot write {path}: {error.strerror or error}", "free some space or name a writable place"
        ) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        _remove_empty(made)
        if held is not None:
            os.close(held)


def _missing(folder: Path) -> list[Path]:
    """`folder` and those above it that are not there, the deepest first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def remove_unfinished(parent: Path) -> None:
    """Remove what `atomic_dir` could not finish in `parent`, because its process was killed; never one in use."""
    for folder in parent.glob(f".*{_UNFINISHED}"):
        if (held := _hold(folder)) is not None:
            shutil.rmtree(folder, ignore_errors=True)
            os.close(held)


def _remove_unfinished_files(path: Path) -> None:
    """Remove what `atomic_file` could not make `path` of, because its process was killed.

    A library may write another file under the temporary name, which nobody holds; so what is young stays.
    """
    for file in path.parent.glob(f".{glob.escape(path.name)}.*{_UNFINISHED}{glob.escape(path.suffix)}"):
        with contextlib.suppress(OSError):
            if file.is_symlink() or time.time() - file.stat().st_mtime < _YOUNG:
                continue
            if (held := _locked(os.open(file, os.O_RDONLY))) is not None:
                file.unlink(missing_ok=True)
                os.close(held)


def _locked(descriptor: int) -> int | None:
    """The descriptor, with a lock that ends with the process however that ends; None, and closed, if there is none."""
    if sys.platform != "win32":
        with contextlib.suppress(OSError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return descriptor
    os.close(descriptor)
    return None


def _held_folder(path: Path) -> tuple[Path, int | None]:
    """A new temporary folder beside `path` and what holds it, None where folders cannot be held."""
    for _ in range(3):
        folder = Path(tempfile.mkdtemp(_UNFINISHED, f".{path.name}.", path.parent))
        if (held := _hold(folder)) is not None:
            return folder, held
        # Another process took it for an unfinished one before it was held.
        shutil.rmtree(folder, ignore_errors=True)
    return Path(tempfile.mkdtemp(_UNFINISHED, f".{path.name}.", path.parent)), None


def _hold(folder: Path) -> int | None:
    """Lock a folder: a descriptor, whose lock ends with the process however that ends; None if it cannot be locked.

    A process number in the name would not do: numbers are used again, and mean nothing in another container.
    """
    if sys.platform == "win32" or folder.is_symlink():
        return None
    descriptor = None
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.path.samestat(os.fstat(descriptor), folder.stat()):
            return descriptor
    except OSError:
        pass
    if descriptor is not None:
        os.close(descriptor)
    return None


def refuse_foreign(out: Path, own: Sequence[str], what: str) -> None:
    """Raise ArtifactError if `out` is a file, or if replacing it would remove anything but files named like `own`.

    own: patterns such as `*.engine`. what: what is to be written there, for the message.
    """
    if out.exists() and not out.is_dir():
        raise ArtifactError(f"{out} is a file", "name a directory with --out")
    entries = sorted(out.iterdir()) if out.is_dir() else []
    others = [entry.name for entry in entries if entry.is_dir() or not any(fnmatch(entry.name, name) for name in own)]
    if others:
        raise ArtifactError(
            f"{out} holds other things than {what}, such as {others[0]}", "name a new folder with --out"
        )


def require_file_place(out: Path) -> None:
    """Raise ArtifactError where no file can be made at `out`, before the work is done whose result belongs there."""
    with _writing(out):
        if out.is_dir():
            raise ArtifactError(f"{out} is a directory", "name a file to write")
        _try_place(out.absolute().parent)


def require_folder_place(out: Path) -> None:
    """Raise ArtifactError where no files can be made in a folder `out`, which need not be there, as for a file."""
    with _writing(out):
        if out.exists() and not out.is_dir():
            raise ArtifactError(f"{out} is a file", "name a directory with --out")
        _try_place(out.absolute())


@contextlib.contextmanager
def _writing(out: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ArtifactError(f"cannot write {out}: {error.strerror}", "name a writable place") from error


def _try_place(folder: Path) -> None:
    """Make a file without a name in `folder`, or in what is there above it."""
    above = next(place for place in (folder, *folder.parents) if place.exists())
    with tempfile.TemporaryFile(dir=above):
        pass


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically."""
    with atomic_file(path) as temporary:
        # Names of files may be no UTF-8.
        temporary.write_text(text, encoding="utf-8", errors="backslashreplace")


def sha256(path: Path) -> str:
    """Hex SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with path.open("rb") as handle:
        for block in iter(lambda: handle.read(1 << 20), b""):
            digest.update(block)
    return digest.hexdigest()


def sha256_of(*parts: bytes | str) -> str:
    """Hex SHA-256 over the parts, each preceded by its length, so that no two lists of parts collide by joining."""
    digest = hashlib.sha256()
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def require_file(path: Path, what: str, fix: str) -> Path:
    """Return `path` if it is a readable non-empty file that is no Git-LFS pointer; raise ArtifactError otherwise.

    Pipes and devices are refused, which may have no end, or no beginning.
    """
    try:
        mode = path.stat().st_mode
        if stat.S_ISDIR(mode):
            raise ArtifactError(f"{path} is a directory, not {what}", fix)
        if not stat.S_ISREG(mode):
            raise ArtifactError(f"{path} is a pipe or a device, not {what}", fix)
        with path.open("rb") as handle:
            head = handle.read(64)
    except FileNotFoundError as error:
        raise ArtifactError(f"{path} does not exist: {what} was expected there", fix) from error
    except OSError as error:
        raise ArtifactError(f"cannot read {path}: {error.strerror}", fix) from error
    if not head:
        raise ArtifactError(f"{path} is empty: {what} was expected there", fix)
    if head.startswith(b"version https://git-lfs"):
        raise ArtifactError(f"{path} is a Git-LFS pointer, not {what}", "fetch the real file: git lfs pull")
    return path


def read_text_file(path: Path, what: str, fix: str) -> bytes:
    """The bytes of a file that people could read, at most `LARGEST_TEXT`; ArtifactError as `require_file`."""
    size = require_file(path, what, fix).stat().st_size
    if size > LARGEST_TEXT:
        raise ArtifactError(f"{path} has {size:,} bytes, more than {what} can have", fix)
    return path.read_bytes()


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
