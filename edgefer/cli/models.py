"""`edgefer models`: files that edgefer uses and does not carry."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.errors import UsageError

models = typer.Typer(help="Files that edgefer can download.", no_args_is_help=True, rich_markup_mode=None)
NAMES = ("yunet",)


@models.command("ls")
def ls(json: Json = False) -> None:
    """List what can be downloaded, and what is here."""
    from edgefer.camera import yunet

    found = yunet.find()
    values = {
        "yunet": {
            "what": "face detector (YuNet, MIT licence)",
            "bytes": yunet.SIZE,
            "sha256": yunet.SHA256,
            "path": str(found.path) if found else None,
            "by": found.by if found else None,
        }
    }
    where = f"{found.path} (by {found.by})" if found else f"not here; get it with: {yunet.GET}"
    emit(json, values, f"yunet  face detector, {yunet.SIZE / 1e6:.2f} MB, MIT licence  {where}")


@models.command("get")
def get(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name that `edgefer models ls` lists.")],
    out: Annotated[Path | None, typer.Option(help="Where to put it; default the cache, where edgefer looks.")] = None,
) -> None:
    """Download a file, check its hash and put it where edgefer finds it."""
    from edgefer.camera import yunet

    if name not in NAMES:
        near = difflib.get_close_matches(name, NAMES, n=1)
        raise UsageError(f"no model '{name}' to get", f"did you mean {near[0]}?" if near else f"known: {NAMES[0]}")
    print(yunet.fetch(out or yunet.cached()))
