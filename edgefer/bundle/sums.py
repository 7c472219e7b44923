"""The manifest of a bundle: `SHA256SUMS`, which `sha256sum -c SHA256SUMS` checks on machines without edgefer."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

from edgefer.errors import ArtifactError
from edgefer.paths import sha256

SUMS = "SHA256SUMS"
_LINE = re.compile(r"([0-9a-f]{64})  (\S.*)")


def write_sums(folder: Path) -> dict[str, str]:
    """Write the manifest of all files below `folder`; returns hex SHA-256 by path, `/` between its parts."""
    sums = {name: sha256(folder / name) for name in _names(folder)}
    text = "".join(f"{digest}  {name}\n" for name, digest in sums.items())
    (folder / SUMS).write_text(text, encoding="utf-8")
    return sums


def read_sums(folder: Path) -> dict[str, str]:
    """The manifest as it was written; ArtifactError when it is missing, damaged, or names a file outside `folder`."""
    path, fix = folder / SUMS, "make the bundle again with: edgefer bundle"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ArtifactError(f"{path} cannot be read", fix) from error
    sums = {}
    for line in lines:
        found = _LINE.fullmatch(line)
        name = PurePosixPath(found[2]) if found else None
        if found is None or name is None or name.is_absolute() or ".." in name.parts:
            raise ArtifactError(f"{path} is damaged: '{line[:80]}' is no hash and name of a file in it", fix)
        sums[found[2]] = found[1]
    return sums


def check_sums(folder: Path) -> None:
    """Raise ArtifactError unless the files below `folder` are those of its manifest, each as it was written."""
    sums, names = read_sums(folder), _names(folder)
    wrong = [name for name in names if name not in sums] + [name for name in sums if name not in names]
    wrong += [name for name in names if name in sums and sha256(folder / name) != sums[name]]
    if wrong:
        raise ArtifactError(
            f"{folder / wrong[0]} is not as {SUMS} has it", "make the bundle again with: edgefer bundle"
        )


def refuse_foreign_folder(out: Path) -> None:
    """Raise ArtifactError if `out` is a file, or a folder with anything but a bundle's own files, as they were written."""
    fix = "name a new folder with --out"
    if out.exists() and not out.is_dir():
        raise ArtifactError(f"{out} is a file", fix)
    names = _names(out) if out.is_dir() else []
    own = read_sums(out) if (out / SUMS).is_file() else {}
    if others := [name for name in names if name not in own]:
        raise ArtifactError(f"{out} holds other things than a bundle, such as {others[0]}", fix)
    if changed := [name for name in names if sha256(out / name) != own[name]]:
        raise ArtifactError(f"{out / changed[0]} was changed since it was made, and would be lost", fix)


def _names(folder: Path) -> list[str]:
    names = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or path.is_file())
    return sorted(name for name in names if name != SUMS)
