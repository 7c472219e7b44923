"""`edgefer train`: a network without a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.cli.sweep import run_sweep
from edgefer.console import say

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A shipped recipe's name or a .toml file.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a recipe value, e.g. train.epochs=3.")
]
Out = Annotated[Path | None, typer.Option(help="The run's folder; default runs/RECIPE.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the newest run of this recipe, or the one at --out.")
]
Exclude = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Training faces to leave out, as data audit lists them.")
]


def train(
    recipe: RecipeName = "demo-teacher",
    changes: Changes = None,
    exclude: Exclude = None,
    out: Out = None,
    resume: Resume = False,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="RECIPE is a sweep of many, such as emoxnet; the same again goes on.")
    ] = False,
    json: Json = False,
) -> None:
    """Train a network by a recipe that has no teacher."""
    if sweep:
        run_sweep(recipe, changes, exclude, out, resume, json)
        return
    from edgefer.cli.training import accuracy_of, write_curves
    from edgefer.distill.asked import recipe_of, require_torch
    from edgefer.distill.record import run_record
    from edgefer.paths import require_folder_place

    if out is not None:
        require_folder_place(out)
    require_torch()
    from edgefer.distill.run import train_recipe

    run = train_recipe(recipe_of(recipe, changes, exclude), out, resume)
    write_curves(run.folder, {run.card.name: run})
    emit(
        json,
        {"run": run_record(run)},
        f"{run.card.name}: {accuracy_of(run)}; best epoch in {run.checkpoint}",
    )
    say(f"next: edgefer export {run.checkpoint}")
