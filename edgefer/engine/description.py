"""What `inspect` finds out about a file."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from edgefer.card import ModelCard

Kind = Literal["checkpoint", "onnx", "engine", "calibration set", "data store"]


@dataclass(frozen=True)
class Description:
    """facts: what the file itself says, in the order to print it, plain JSON values. card: None where there is none.

    problems: what is wrong with it, in words; empty for a sound artifact.
    """

    kind: Kind
    path: Path
    size_bytes: int
    facts: dict[str, Any]
    card: ModelCard | None = None
    problems: tuple[str, ...] = field(default=())

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "kind": self.kind,
            "path": str(self.path),
            "size_bytes": self.size_bytes,
            "facts": self.facts,
            "card": self.card.model_dump(mode="json") if self.card else None,
            "problems": list(self.problems),
        }
