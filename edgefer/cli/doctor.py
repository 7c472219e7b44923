"""`edgefer doctor`: what this machine has, what is missing, and the line that fixes it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.doctor.finding import Purpose
from edgefer.errors import CheckFailed


def doctor(
    purposes: Annotated[
        list[Purpose] | None, typer.Option("--for", help="End with 1 where something needed for it is missing.")
    ] = None,
    timeout: Annotated[float, typer.Option(min=0.1, max=600, metavar="SECONDS", help="Longest for one probe.")] = 20.0,
    json: Json = False,
) -> None:
    """Look at this machine: what it has, what is missing, and the line that fixes it."""
    from edgefer.doctor.examine import examine
    from edgefer.doctor.words import text

    found = examine(timeout, waiting=_waiting)
    emit(json, found.values(), text(found))
    wanted = list(dict.fromkeys(purposes or ()))
    missing = [one for one in found.findings if any(one in found.lacking(purpose) for purpose in wanted)]
    if missing:
        names = ", ".join(one.name for one in missing)
        words = " and ".join(purpose.value for purpose in wanted if found.lacking(purpose))
        raise CheckFailed(f"not ready to {words}: {names}", missing[0].fix)


def _waiting(names: Sequence[str]) -> None:
    say(f"waiting for {', '.join(names)}")
