"""`edgefer.distill`: a student from its teachers, for Python programs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.console import telling
from edgefer.distill.asked import default_recipe, recipe_of, require_torch

if TYPE_CHECKING:
    from edgefer.distill.run import Distilled


def distill(
    recipe: str | Path | None = None,
    *,
    changes: Mapping[str, object] | None = None,
    exclude: str | Path | None = None,
    out: str | Path | None = None,
    resume: bool = False,
    baseline: bool = True,
    verbose: bool = False,
) -> Distilled:
    """Train a student from its teachers, and beside it the same student alone: `edgefer distill` (docs/recipes.md).

    recipe: a shipped recipe's name or a `.toml` file; None takes `fer2013-c` where FER2013 is prepared, else `demo-c` on
        the drawn faces inside edgefer. changes: recipe values by key, such as `{"train.epochs": 3}`.
    exclude: an exclusion list, as `edgefer data audit` writes it: Training faces to leave out.
    out: the run's folder, by default `runs/RECIPE`; teachers that are missing are trained beside it. resume: go on with
        the newest run of this recipe, or with the one in `out`. baseline: train the student without its teacher too.
    verbose: progress on stderr.

    Returns a `Distilled`: `student` and `alone` are runs with a `checkpoint`, a `card` that holds the measured accuracy
    (fractions 0..1) and a `history`; `to_dict()` gives what `--json` prints. Needs the `train` extra. Raises BackendError
    without it, RecipeError for a faulty recipe, UsageError for a name that does not exist, ArtifactError when `out` holds
    a run already, CheckFailed when the loss is no number any more, Interrupted on Ctrl-C, after which `resume` goes on.
    The method is knowledge distillation (Hinton et al., arXiv 1503.02531); docs/recipes.md has all losses.
    """
    require_torch()
    from edgefer.distill.run import distill_recipe

    with telling(verbose):
        wanted = recipe_of(
            default_recipe() if recipe is None else str(recipe), changes, None if exclude is None else Path(exclude)
        )
        return distill_recipe(wanted, None if out is None else Path(out), resume, baseline)
