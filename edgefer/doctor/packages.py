"""What is installed by its metadata, and what edgefer asks of it; nothing is imported."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from importlib import metadata

from edgefer.trt.flavour import version_parts


def installed(names: Iterable[str]) -> dict[str, str]:
    """Versions of those distributions that are installed, in the order of `names`."""
    found = {}
    for name in names:
        # The last two are what damaged metadata gives.
        with contextlib.suppress(metadata.PackageNotFoundError, KeyError, TypeError):
            found[name] = metadata.version(name)
    return found


def oldest(name: str) -> str:
    """The version from which on edgefer works with a distribution, as its own metadata says; empty when it says none."""
    try:
        required = metadata.requires("edgefer") or []
    except metadata.PackageNotFoundError:
        return ""
    for line in required:
        if found := re.match(rf"{re.escape(name)}\s*>=\s*([\d.]+)", line):
            return found[1]
    return ""


def too_old(name: str, version: str) -> str:
    """`older than 2.8, which edgefer needs`; empty when it is not."""
    needed = oldest(name)
    return f"older than {needed}, which edgefer needs" if version_parts(version) < version_parts(needed) else ""
