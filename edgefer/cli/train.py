"""`edgefer train`: a network without a teacher."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say

RecipeName = Annotated[str, typer.Argument(metavar="RECIPE", help="A shipped recipe's name or a .toml file.")]
Changes = Annotated[
    list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="Change a recipe value, e.g. train.epochs=3.")
]
Out = Annotated[Path | None, typer.Option(help="The run's folder; default runs/RECIPE.")]
Resume = Annotated[
    bool, typer.Option("--resume", help="Go on with the newest run of this recipe, or the one at --out.")
]


def train(
    recipe: RecipeName = "demo-teacher",
    changes: Changes = None,
    out: Out = None,
    resume: Resume = False,
    json: Json = False,
) -> None:
    """Train a network by a recipe that has no teacher."""
    from edgefer.cli.training import require_torch, summary, write_curves

    require_torch()
    from edgefer.distill.run import train_recipe
    from edgefer.recipe import load

    run = train_recipe(load(recipe, changes or ()), out, resume)
    write_curves(run.folder, {run.card.name: run})
    emit(
        json,
        {"run": summary(run)},
        f"{run.card.name}: {run.accuracy:.2%} on {run.card.measured[0].split}, best epoch in {run.checkpoint}",
    )
    say(f"next: edgefer export {run.checkpoint}")
