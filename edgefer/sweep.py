"""Sweeps: many experiments in one TOML file, each a recipe with changes, in the order in which they are to run.

[set]                                  # for every cell
"data.source" = "fer2013"

[axes]                                 # every cell once a value; the first value is the published one
"loss.temperature" = [3.0, 1.0]

[[cell]]
name = "E1"
recipe = "mini-resemotenet-a"
set = { "loss.alpha" = 0.2 }
published = 0.7642                     # accuracy that somebody printed for it, 0..1
"""

from __future__ import annotations

import itertools
import json
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from edgefer.errors import RecipeError, UsageError
from edgefer.recipe import Recipe, find, is_sweep, load, read_toml, shipped_files

Value = bool | int | float | str
# Cells of a sweep; each is a training.
LARGEST = 1000


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CellSection(_Section):
    """One experiment. recipe: a shipped recipe's name or a file; published: the accuracy printed for it, 0..1."""

    name: str = Field(pattern=r"^[\w.+-]+$")
    recipe: str
    set: dict[str, Value] = Field(default_factory=dict)
    published: float | None = Field(default=None, ge=0, le=1)


class EnsembleSection(_Section):
    """All cells as one network. combine: of what it is the mean, the centred logits or the probabilities."""

    combine: Literal["softmax", "logits"] = "softmax"
    published: float | None = Field(default=None, ge=0, le=1)


class SweepFile(_Section):
    """A sweep as written. source: where the published figures stand."""

    summary: str = ""
    source: str = ""
    set: dict[str, Value] = Field(default_factory=dict)
    axes: dict[str, tuple[Value, ...]] = Field(default_factory=dict)
    cell: tuple[CellSection, ...] = Field(min_length=1)
    ensemble: EnsembleSection | None = None

    @model_validator(mode="after")
    def _distinct(self) -> SweepFile:
        names = [cell.name for cell in self.cell]
        if len(set(names)) != len(names):
            raise ValueError("two cells have the same name")
        if empty := [key for key, values in self.axes.items() if not values]:
            raise ValueError(f"axis {empty[0]} has no value")
        count = len(self.cell) * prod(len(values) for values in self.axes.values())
        if count > LARGEST:
            raise ValueError(f"{count:,} cells are more than {LARGEST:,}")
        if self.ensemble and count < 2:
            raise ValueError("an ensemble needs two cells")
        return self


@dataclass(frozen=True)
class Cell:
    """One experiment of a sweep, resolved. values: what the axes set here; published: accuracy 0..1 or None."""

    name: str
    recipe: Recipe
    values: dict[str, Value]
    published: float | None


@dataclass(frozen=True)
class Sweep:
    """A sweep, resolved: every cell's recipe is valid; one with a teacher is distilled, another trained."""

    name: str
    summary: str
    source: str
    cells: tuple[Cell, ...]
    ensemble: EnsembleSection | None = None


def load_sweep(name: str, changes: tuple[str, ...] = ()) -> Sweep:
    """Read a sweep by name or path; `changes` (`section.key=value`) apply to every cell, last.

    Raises UsageError when there is none of that name, RecipeError for faults in it or in a cell's recipe.
    """
    path = find(name)
    if not is_sweep(path):
        raise UsageError(f"{name} is one recipe, no sweep of many", f"there is: {', '.join(shipped())}")
    try:
        file = SweepFile.model_validate(read_toml(path))
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'sweep'}: {fault['msg']}" for fault in error.errors())
        raise RecipeError(f"{path} has faults: {faults}", "start from recipes/paper-table-4.toml") from error
    points = list(itertools.product(*file.axes.values()))
    cells = [
        _cell(file, section, dict(zip(file.axes, point, strict=True)), point == points[0], changes)
        for point in points
        for section in file.cell
    ]
    return Sweep(path.stem, file.summary, file.source, tuple(cells), file.ensemble)


def shipped() -> dict[str, Path]:
    """The sweeps that come with edgefer, by name."""
    return {path.stem: path for path in shipped_files() if is_sweep(path)}


def _cell(
    file: SweepFile, section: CellSection, values: dict[str, Value], first: bool, changes: tuple[str, ...]
) -> Cell:
    settings = {**file.set, **section.set, **values}
    recipe = load(section.recipe, [*(f"{key}={_toml(value)}" for key, value in settings.items()), *changes])
    label = "".join(f"-{key.rpartition('.')[2]}-{value}" for key, value in values.items())
    name = section.name if first else section.name + label
    return Cell(name, recipe.model_copy(update={"name": name}), values, section.published if first else None)


def _toml(value: Any) -> str:
    # Strings, numbers and booleans are written alike in JSON and TOML.
    return json.dumps(value)
