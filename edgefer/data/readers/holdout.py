"""A test split for datasets that come without one: decided by a file's name alone."""

from __future__ import annotations

import hashlib

SHARE = 10


def is_held_out(name: str) -> bool:
    """Whether the picture file of that name is one of the tenth that is kept for testing.

    By the SHA-256 of the name, so the answer is the same on every machine and stays when pictures are added, and all
    faces of one picture fall on the same side.
    """
    return int.from_bytes(hashlib.sha256(name.encode("utf-8", "surrogateescape")).digest()[:8], "big") % SHARE == 0
