"""The command that an error tells the user to type."""

from __future__ import annotations

import shlex

from edgefer.errors import EdgeferError


def command_of(error: EdgeferError) -> list[str]:
    """The words of the command in the fix, as a shell splits them."""
    return shlex.split(error.fix[error.fix.index("edgefer ") :])
