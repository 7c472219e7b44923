"""What a user asks of a training, before PyTorch is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from edgefer.console import say
from edgefer.data import load
from edgefer.errors import BackendError
from edgefer.recipe import Recipe
from edgefer.recipe import load as load_recipe

STUDENT, DRAWN = "fer2013-c", "demo-c"


def require_torch() -> None:
    """Raise BackendError unless the training libraries are installed."""
    try:
        import matplotlib as _matplotlib  # noqa: F401
        import safetensors as _safetensors  # noqa: F401
        import torch as _torch  # noqa: F401
    except ImportError as error:
        raise BackendError(
            f"training needs {error.name}, which is not installed", "pip install 'edgefer[train]'"
        ) from error


def recipe_of(name: str, changes: Iterable[str] | Mapping[str, object] | None, exclude: Path | None) -> Recipe:
    """A recipe with changes, as `edgefer.recipe.load` takes them; `exclude` is what `data.exclude` is in the file."""
    recipe = load_recipe(name, changes or ())
    if exclude is None:
        return recipe
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"exclude": exclude})})


def default_recipe() -> str:
    """The name of the student's recipe that this machine can finish; says which and why."""
    store = load.find_store("fer2013")
    name = STUDENT if store else DRAWN
    reason = f"FER2013 is prepared in {store}" if store else "no FER2013 store is here, so on drawn demo faces"
    say(f"recipe {name}: {reason}")
    return name
