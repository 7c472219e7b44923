"""What a build gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.card import ModelCard
from edgefer.evaluate.agreement import Agreement
from edgefer.quantize.fp16 import Rounding


@dataclass(frozen=True)
class BuildResult:
    """A finished engine folder.

    seconds: compiling alone. agreement: of `onnx` with the float32 file in ONNX Runtime, None when no faces were given
    or nothing was converted. rounding: of the weights, None without a conversion to half precision.
    """

    folder: Path
    engine: Path
    onnx: Path
    card: ModelCard
    seconds: float
    agreement: Agreement | None
    rounding: Rounding | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "engine": str(self.engine),
            "engine_bytes": self.engine.stat().st_size,
            "onnx": str(self.onnx),
            "onnx_bytes": self.onnx.stat().st_size,
            "build_seconds": round(self.seconds, 3),
            "agreement": asdict(self.agreement) if self.agreement else None,
            "rounding": asdict(self.rounding) if self.rounding else None,
            "card": self.card.model_dump(mode="json"),
        }
