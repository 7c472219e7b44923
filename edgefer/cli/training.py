"""What `train`, `distill` and `quickstart` share."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.ranks import leads

if TYPE_CHECKING:
    from edgefer.distill.trainer import Run


def accuracy_of(run: Run) -> str:
    """The accuracy officially and, where some faces also stand in Training, on the others."""
    first, *others = run.card.measured
    text = f"{first.accuracy:.2%} on {first.split}"
    return text + "".join(
        f", {other.protocol} {other.accuracy:.2%} on {other.faces:,} of its faces" for other in others
    )


def write_curves(folder: Path, runs: dict[str, Run]) -> None:
    """Draw the runs' curves into `curves.png`; of several processes the leading one does."""
    if not leads():
        return
    from edgefer.paths import atomic_file
    from edgefer.report.plots import training_curves

    picture = training_curves({name: [asdict(line) for line in run.history] for name, run in runs.items()})
    with atomic_file(folder / "curves.png") as temporary:
        temporary.write_bytes(picture)
