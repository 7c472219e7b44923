"""Paths in facts, for people and for reports that they send to others."""

from __future__ import annotations

from pathlib import Path


def shown(path: str | Path) -> str:
    """The path with `~` for the user's own folder, whose name is nobody's business; not for lines to type."""
    path = Path(path)
    try:
        inside = path.relative_to(Path.home())
    except (ValueError, RuntimeError):  # elsewhere, or a user without a home
        return str(path)
    return str(Path("~") / inside)
