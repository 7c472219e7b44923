"""Choices by name, for Python programs; the command line has typer for them."""

from __future__ import annotations

import difflib
from enum import Enum
from typing import TypeVar

from edgefer.errors import UsageError

Choice = TypeVar("Choice", bound=Enum)


def choice(kind: type[Choice], value: str | Choice, what: str) -> Choice:
    """The member of a string enumeration that `value` names; UsageError that says what is known, or was probably meant."""
    if isinstance(value, kind):
        return value
    known = [str(member.value) for member in kind]
    if value in known:
        return kind(value)
    near = difflib.get_close_matches(str(value), known, n=1)
    hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(known)}"
    raise UsageError(f"unknown {what} '{value}'", hint)
