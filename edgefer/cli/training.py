"""What `train`, `distill` and `quickstart` share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.errors import BackendError
from edgefer.ranks import leads

if TYPE_CHECKING:
    from edgefer.distill.trainer import Run
    from edgefer.recipe import Recipe


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


def recipe_of(name: str, changes: list[str] | None, exclude: Path | None) -> Recipe:
    """A recipe with the command line's changes; `exclude` is what `data.exclude` is in the file."""
    from edgefer.recipe import load

    recipe = load(name, changes or ())
    if exclude is None:
        return recipe
    return recipe.model_copy(update={"data": recipe.data.model_copy(update={"exclude": exclude})})


def accuracy_of(run: Run) -> str:
    """The accuracy officially and, where some faces also stand in Training, on the others."""
    first, *others = run.card.measured
    text = f"{first.accuracy:.2%} on {first.split}"
    return text + "".join(
        f", {other.protocol} {other.accuracy:.2%} on {other.faces:,} of its faces" for other in others
    )


def summary(run: Run) -> dict[str, Any]:
    """A run as JSON values."""
    return {
        "folder": str(run.folder),
        "checkpoint": str(run.checkpoint),
        "parameters": run.card.parameters,
        "measured": run.card.measured[0].model_dump(),
        "second": run.card.measured[1].model_dump() if len(run.card.measured) > 1 else None,
        "int8": list(run.int8) if run.int8 else None,
        "history": [asdict(line) for line in run.history],
    }


def write_curves(folder: Path, runs: dict[str, Run]) -> None:
    """Draw the runs' curves into `curves.png`; of several processes the leading one does."""
    if not leads():
        return
    from edgefer.paths import atomic_file
    from edgefer.report.plots import training_curves

    picture = training_curves({name: [asdict(line) for line in run.history] for name, run in runs.items()})
    with atomic_file(folder / "curves.png") as temporary:
        temporary.write_bytes(picture)
