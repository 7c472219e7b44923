"""Small files in which a kernel tells something: what is in them, or nothing."""

from __future__ import annotations

from pathlib import Path


def text(path: Path) -> str:
    """The stripped content; empty where there is no such file or it cannot be read."""
    try:
        return path.read_text("utf-8", "replace").strip().rstrip("\0")
    except OSError:
        return ""


def number(path: Path) -> int | None:
    """The whole number that the file holds; None where it holds none."""
    try:
        return int(text(path))
    except ValueError:
        return None
