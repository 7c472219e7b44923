"""`edgefer recipes`: list, show, copy and check recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit

recipes = typer.Typer(help="List, show, copy and check recipes.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="RECIPE", help="A shipped recipe's name or a .toml file.")]


@recipes.command("ls")
def ls(json: Json = False) -> None:
    """List the recipes that come with edgefer."""
    from edgefer.recipe import load, shipped

    found = {name: load(name).summary for name in shipped()}
    width = max(map(len, found))
    emit(json, dict(found), "\n".join(f"{name:<{width}}  {summary}" for name, summary in found.items()))


@recipes.command("show")
def show(
    recipe: Name,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value.")] = None,
    json: Json = False,
) -> None:
    """Print a recipe with every default filled in."""
    from edgefer.recipe import load

    resolved = load(recipe, changes or ())
    emit(json, resolved.model_dump(mode="json"), resolved.to_toml().rstrip())


@recipes.command("copy")
def copy(
    recipe: Name,
    out: Annotated[Path | None, typer.Argument(help="Where to; default ./RECIPE.toml.")] = None,
) -> None:
    """Copy a recipe here, to edit."""
    from edgefer.errors import UsageError
    from edgefer.paths import write_text
    from edgefer.recipe import find

    source = find(recipe)
    target = out or Path(source.name)
    if target.is_dir():
        target = target / source.name
    if target.exists():
        raise UsageError(f"{target} exists", "name another file to copy to")
    write_text(target, source.read_text(encoding="utf-8"))
    print(target)


@recipes.command("check")
def check(recipe: Name) -> None:
    """Check a recipe; all faults are listed."""
    from edgefer.models.registry import find as find_architecture
    from edgefer.recipe import load

    resolved = load(recipe)
    find_architecture(resolved.model.architecture)
    for teacher in resolved.teacher.recipes if resolved.teacher else ():
        load(teacher)
    print(f"{resolved.name}: no faults")
