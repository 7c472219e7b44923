"""`edgefer recipes`: list, show, copy and check recipes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json, emit

if TYPE_CHECKING:
    from edgefer.recipe import Recipe

recipes = typer.Typer(help="List, show, copy and check recipes.", no_args_is_help=True, rich_markup_mode=None)
Name = Annotated[str, typer.Argument(metavar="RECIPE", help="A shipped recipe's name or a .toml file.")]


@recipes.command("ls")
def ls(json: Json = False) -> None:
    """List the recipes and the sweeps that come with edgefer."""
    from edgefer.recipe import read_toml, shipped_files

    found = {path.stem: str(read_toml(path).get("summary", "")) for path in shipped_files()}
    width = max(map(len, found))
    emit(json, dict(found), "\n".join(f"{name:<{width}}  {summary}" for name, summary in found.items()))


@recipes.command("show")
def show(
    recipe: Name,
    changes: Annotated[list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a value.")] = None,
    json: Json = False,
) -> None:
    """Print a recipe with every default filled in; a sweep as it is written."""
    from edgefer.recipe import find, is_sweep, load, read_toml

    if is_sweep(path := find(recipe)):
        emit(json, read_toml(path), path.read_text(encoding="utf-8").rstrip())
        return
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
    from edgefer.recipe import find, read_toml

    source = find(recipe)
    target = out or Path(source.name)
    if target.is_dir():
        target = target / source.name
    if target.exists():
        raise UsageError(f"{target} exists", "name another file to copy to")
    read_toml(source)
    write_text(target, source.read_text(encoding="utf-8"))
    print(target)


@recipes.command("check")
def check(recipe: Name) -> None:
    """Check a recipe, or every recipe of a sweep; all faults are listed."""
    from edgefer.recipe import find, is_sweep, load
    from edgefer.sweep import load_sweep

    if is_sweep(find(recipe)):
        sweep = load_sweep(recipe)
        for cell in sweep.cells:
            _check(cell.recipe)
        print(f"{sweep.name}: {len(sweep.cells)} cells, no faults")
        return
    resolved = load(recipe)
    _check(resolved)
    print(f"{resolved.name}: no faults")


def _check(recipe: Recipe) -> None:
    from edgefer.models.registry import find
    from edgefer.recipe import load

    find(recipe.model.architecture)
    for teacher in recipe.teacher.recipes if recipe.teacher else ():
        load(teacher)
