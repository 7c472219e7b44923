"""What a build gives."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.card import ModelCard
from edgefer.engine.past import Compiled
from edgefer.evaluate.agreement import Agreement
from edgefer.quantize.exclusion import Exclusion
from edgefer.quantize.fp16 import Rounding


@dataclass(frozen=True)
class BuildResult:
    """A finished engine folder.

    compiled: how the compilation went; None for an engine that was there already. parts: seconds of each part of the
    work, by name. agreement: of `onnx` with the float32 file in ONNX Runtime, None when no faces were given or nothing
    was converted. rounding: of the weights, None without a conversion to half precision. unmeasured: why accuracy was
    not measured, empty when it was. exclusion: how limits of accuracy were held; None where none was set, or the engine
    was kept.
    """

    folder: Path
    engine: Path
    onnx: Path
    card: ModelCard
    compiled: Compiled | None
    parts: dict[str, float]
    agreement: Agreement | None = None
    rounding: Rounding | None = None
    unmeasured: str = ""
    exclusion: Exclusion | None = None

    @property
    def kept(self) -> bool:
        """Whether the engine was there already, made of the same."""
        return self.compiled is None

    @property
    def seconds(self) -> float:
        """Of compiling alone; 0 for an engine that was kept."""
        return self.compiled.seconds if self.compiled is not None else 0.0

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "engine": str(self.engine),
            "engine_bytes": self.engine.stat().st_size,
            "onnx": str(self.onnx),
            "onnx_bytes": self.onnx.stat().st_size,
            "kept": self.kept,
            "build_seconds": round(self.seconds, 3),
            "parts_seconds": {name: round(seconds, 3) for name, seconds in self.parts.items()},
            "unmeasured": self.unmeasured,
            "agreement": asdict(self.agreement) if self.agreement else None,
            "rounding": asdict(self.rounding) if self.rounding else None,
            "exclusion": self.exclusion.to_dict() if self.exclusion else None,
            "card": self.card.model_dump(mode="json"),
        }
