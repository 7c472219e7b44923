"""`edgefer models`: the students that edgefer carries, and the files that it uses and does not carry."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgefer.cli.options import Json, emit
from edgefer.errors import UsageError

if TYPE_CHECKING:
    from edgefer.card import ModelCard

models = typer.Typer(
    help="The students inside edgefer, and files that it can download.", no_args_is_help=True, rich_markup_mode=None
)
NAMES = ("yunet",)


@models.command("ls")
def ls(json: Json = False) -> None:
    """List the students inside edgefer, and what can be downloaded and what of it is here."""
    from edgefer.camera import yunet
    from edgefer.runtime.find import shipped_students
    from edgefer.runtime.onnx import read_card

    students = {name: (path, read_card(path)) for name, path in shipped_students().items()}
    found = yunet.find()
    values: dict[str, Any] = {
        name: {"what": "student", "bytes": path.stat().st_size, "path": str(path), "card": card.model_dump(mode="json")}
        for name, (path, card) in students.items()
    }
    values["yunet"] = {
        "what": "face detector (YuNet, MIT licence)",
        "bytes": yunet.SIZE,
        "sha256": yunet.SHA256,
        "path": str(found.path) if found else None,
        "by": found.by if found else None,
    }
    lines = [_student_line(name, path, card) for name, (path, card) in students.items()]
    where = f"{found.path} (by {found.by})" if found else f"not here; get it with: {yunet.GET}"
    lines.append(f"yunet  face detector, {yunet.SIZE / 1e6:.2f} MB, MIT licence  {where}")
    emit(json, values, "\n".join(lines))


def _student_line(name: str, path: Path, card: ModelCard) -> str:
    measured = "; ".join(f"{one.accuracy:.2%} on {one.place}" for one in card.measured)
    return f"{name}  student, {path.stat().st_size / 1e6:.2f} MB, {card.parameters:,} parameters, {measured}  {path}"


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
