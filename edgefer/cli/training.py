"""What `train`, `distill` and `quickstart` share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.errors import BackendError

if TYPE_CHECKING:
    from edgefer.distill.trainer import Run


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


def summary(run: Run) -> dict[str, Any]:
    """A run as JSON values."""
    return {
        "folder": str(run.folder),
        "checkpoint": str(run.checkpoint),
        "parameters": run.card.parameters,
        "measured": run.card.measured[0].model_dump(),
        "history": [asdict(line) for line in run.history],
    }


def write_curves(folder: Path, runs: dict[str, Run]) -> None:
    """Draw the runs' curves into `curves.png`."""
    from edgefer.paths import atomic_file
    from edgefer.report.plots import training_curves

    picture = training_curves({name: [asdict(line) for line in run.history] for name, run in runs.items()})
    with atomic_file(folder / "curves.png") as temporary:
        temporary.write_bytes(picture)
