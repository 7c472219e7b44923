"""`edgefer distill`: a student from its teachers, beside the same student alone."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.cli.sweep import run_sweep
from edgefer.cli.train import Changes, Exclude, Out, Resume
from edgefer.console import say


class QatChoice(str, Enum):
    """What quantisation-aware training simulates."""

    INT8 = "int8"


def distill(
    recipe: Annotated[
        str | None,
        typer.Argument(metavar="[RECIPE]", help="A shipped recipe's name or a .toml file; see edgefer recipes ls."),
    ] = None,
    changes: Changes = None,
    exclude: Exclude = None,
    out: Out = None,
    resume: Resume = False,
    baseline: Annotated[bool, typer.Option(help="Train the student without its teacher too, to know the gain.")] = True,
    qat: Annotated[
        QatChoice | None,
        typer.Option(help="Train the finished student on in simulated INT8, until its scales fit: qat in the recipe."),
    ] = None,
    sweep: Annotated[
        bool, typer.Option("--sweep", help="RECIPE is a sweep of many, such as paper-table-4; the same again goes on.")
    ] = False,
    json: Json = False,
) -> None:
    """Distil a student from its teacher; the teacher is trained first when it is not there.

    Without a recipe: fer2013-c when FER2013 is prepared here, else demo-c on the drawn faces inside edgefer.
    """
    if qat is not None:
        changes = [*(changes or ()), f"qat.precision={qat.value}"]
    if sweep:
        run_sweep(recipe, changes, exclude, out, resume, json)
        return
    from edgefer.cli.training import accuracy_of, write_curves
    from edgefer.distill.asked import default_recipe, recipe_of, require_torch
    from edgefer.paths import require_folder_place

    if out is not None:
        require_folder_place(out)
    require_torch()
    from edgefer.distill.run import distill_recipe

    result = distill_recipe(recipe_of(recipe or default_recipe(), changes, exclude), out, resume, baseline)
    student = result.student
    runs = {"student distilled": student} | ({"student alone": result.alone} if result.alone else {})
    write_curves(student.folder, runs)
    text = f"{student.card.name}: {accuracy_of(student)}; best epoch in {student.checkpoint}"
    if student.int8:
        before, after = student.int8
        text += (
            f"\nin simulated INT8: {after:.2%}, and {before:.2%} before training ({100 * (after - before):+.2f} points)"
        )
    if result.alone and result.gain is not None:
        text += f"\nthe same student without its teacher: {accuracy_of(result.alone)}; distillation "
        text += (
            f"gained {100 * result.gain:.1f} points"
            if result.gain > 0
            else f"gained nothing ({100 * result.gain:.1f} points)"
        )
    emit(json, result.to_dict(), text)
    say(f"next: edgefer build-engine {student.checkpoint} --precision {'int8' if student.int8 else 'fp16'}")
