"""Which of several processes of one training this is; torchrun says it in the environment."""

from __future__ import annotations

import os


def world() -> int:
    """How many processes train together; 1 without torchrun."""
    return _number("WORLD_SIZE", 1)


def rank() -> int:
    """The number of this process among them, from 0."""
    return _number("RANK", 0) if world() > 1 else 0


def local_rank() -> int:
    """Its number among those of this machine, from 0."""
    return _number("LOCAL_RANK", 0) if world() > 1 else 0


def leads() -> bool:
    """Whether this process is the one that writes files, prints and decides."""
    return rank() == 0


def _number(name: str, default: int) -> int:
    try:
        return int(os.environ.get(name, default))
    except ValueError:
        return default
