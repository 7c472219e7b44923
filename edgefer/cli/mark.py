"""`edgefer mark`: a mark in a session that is being recorded, from another terminal."""

from __future__ import annotations

from typing import Annotated

import typer

from edgefer.camera.marks import MarkKind, said, send
from edgefer.camera.session_folder import folder_of, lives, living, suggestion
from edgefer.console import say
from edgefer.errors import UsageError


def mark(
    text: Annotated[
        str | None,
        typer.Argument(help='What begins, such as "task 2 starts"; "task 2 ends" ends it.', show_default=False),
    ] = None,
    session: Annotated[
        str | None, typer.Option(metavar="NAME", help="The session; default the one that began last.")
    ] = None,
    note: Annotated[bool, typer.Option("--note", help="Note a moment; the task goes on.")] = False,
    pause: Annotated[bool, typer.Option("--pause", help="Write nothing until --resume.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on writing.")] = False,
) -> None:
    """Mark this moment in a session that `edgefer run --session` is recording."""
    if sum((text is not None, pause, resume)) != 1:
        raise UsageError("mark needs a text, --pause or --resume", 'for example: edgefer mark "task 2 starts"')
    if note and text is None:
        raise UsageError("--note needs a text", 'for example: edgefer mark --note "laughs"')
    kind = MarkKind.PAUSE if pause else MarkKind.RESUME if resume else MarkKind.NOTE if note else MarkKind.TASK
    if session is not None:
        folder = folder_of(session)
        if not lives(folder):
            ended = (folder / "session.jsonl").is_file()
            raise UsageError(
                f"the session {folder} has ended" if ended else f"there is no session {folder}",
                _fix() if ended else suggestion(session),
            )
    else:
        found = living()
        if not found:
            raise UsageError("no session is running under sessions/", _fix())
        folder = found[0]
    sent = send(folder, said(kind) if text is None else text, kind)
    say(f"{folder}: {sent.text if text is None else f'marked {sent.text!r}'}")


def _fix() -> str:
    return "start one with: edgefer run --session NAME (elsewhere on the disk: --session PATH)"
