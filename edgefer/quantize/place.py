"""Folders that are replaced as a whole must hold nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatch
from pathlib import Path

from edgefer.errors import ArtifactError


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
