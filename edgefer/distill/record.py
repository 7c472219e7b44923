"""A training as plain values, ready for JSON."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from edgefer.distill.trainer import Run


def run_record(run: Run) -> dict[str, Any]:
    """A run's files, its measured accuracy (fractions 0..1) and its epochs."""
    measured = [one.model_dump() for one in run.card.measured]
    return {
        "folder": str(run.folder),
        "checkpoint": str(run.checkpoint),
        "parameters": run.card.parameters,
        "measured": measured[0],
        "second": measured[1] if len(measured) > 1 else None,
        "int8": list(run.int8) if run.int8 else None,
        "history": [asdict(line) for line in run.history],
    }
