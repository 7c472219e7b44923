"""How far a recipe's network is, without training anything: finished, stopped on the way, or not begun, and why."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgefer.distill.hints import check_recipe
from edgefer.distill.run import (
    faces_of,
    find_run,
    given_start,
    needing,
    open_teachers,
    start_recipe,
    taught_by,
    teacher_recipes,
)
from edgefer.distill.state import read_identity
from edgefer.distill.trainer import BEST, LAST, RECIPE, Run
from edgefer.errors import RecipeError
from edgefer.recipe import Recipe, check, read_toml

# Changes of a recipe that are told one by one.
_TOLD = 3


@dataclass(frozen=True)
class Standing:
    """folder: where the run is or will be (a number may follow, where a teacher is not trained yet).

    run: the finished run, None where there is none. why: what was found there, in a few words.
    """

    folder: Path
    run: Run | None
    why: str


def standing(recipe: Recipe, folder: Path, below: tuple[str, ...] = ()) -> Standing:
    """Look for the run that `train_once` and `distill_once` keep or make in `folder`, its teachers' runs first.

    below: the recipes that wait for this one. Raises as these functions do before they train.
    """
    below = needing(recipe, below)
    base, faces = folder / recipe.name, faces_of(recipe)
    taught = [standing(needed, folder, below) for needed in teacher_recipes(recipe)]
    first = start_recipe(recipe)
    begun = standing(first, folder, below) if first is not None else None
    trained = [found.run.checkpoint for found in taught if found.run]
    waiting = [found for found in (*taught, begun) if found is not None and found.run is None]
    if waiting:
        return Standing(base, None, f"it needs {waiting[0].folder}, and {waiting[0].why}")
    start = begun.run.checkpoint if begun and begun.run else given_start(recipe)
    teachers = None
    if recipe.teacher is not None:
        check_recipe(recipe)
        teachers = open_teachers(recipe, taught_by(recipe, trained), faces)
    out, run = find_run(recipe, faces, base, teachers, start)
    if run is not None:
        return Standing(out, run, f"this very run, {run.accuracy:.2%} on {faces.choosing.split}")
    if read_identity(out / LAST) is not None:
        there = (out / BEST).exists()
        return Standing(
            out, None, "a part of this run is there" if there else f"{BEST} of this run is not there any more"
        )
    if out != base:
        return Standing(out, None, f"{base} is another run ({_differences(base / RECIPE, recipe)})")
    return Standing(out, None, "no run is there")


def _differences(file: Path, recipe: Recipe) -> str:
    """What a recipe changes of the one that a run wrote down."""
    try:
        before = _flat(check({**read_toml(file), "name": recipe.name}, str(file)).model_dump(mode="json"))
    except (OSError, RecipeError):
        return "its recipe cannot be read"
    now = _flat(recipe.model_dump(mode="json"))
    changed = [
        f"{key} was {_word(before.get(key))}, now {_word(now.get(key))}"
        for key in {**now, **before}
        if before.get(key) != now.get(key) and key != "summary"
    ]
    if not changed:
        return "other faces or teachers"
    rest = len(changed) - _TOLD
    return "; ".join(changed[:_TOLD]) + (f"; and {rest} more" if rest > 0 else "")


def _flat(values: dict[str, Any]) -> dict[str, Any]:
    """`{"train": {"epochs": 3}}` -> `{"train.epochs": 3}`; what is None is left out."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        inner = (
            {f"{key}.{name}": one for name, one in _flat(value).items()} if isinstance(value, dict) else {key: value}
        )
        flat |= {name: one for name, one in inner.items() if one is not None}
    return flat


def _word(value: object) -> str:
    return "none" if value is None else str(value)
