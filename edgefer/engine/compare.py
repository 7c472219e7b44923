"""Whether the float32 file and its converted form answer alike."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgefer.console import progress
from edgefer.evaluate.agreement import Agreement, compare_logits
from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.session import Array

# ONNX Runtime computes half precision slowly on a CPU, a large network takes seconds a face: report often.
_BATCH = 16


def compare(reference: Path, converted: Path, pixels: Array) -> Agreement:
    """Run both ONNX files on network input, float32 `[N, C, H, W]`, N at least 1; shows progress."""
    with progress("comparing", 2 * len(pixels)) as step:

        def logits(path: Path) -> Array:
            parts = []
            with OnnxSession(path) as session:
                for start in range(0, len(pixels), _BATCH):
                    parts.append(session.infer(pixels[start : start + _BATCH]))
                    step(len(parts[-1]), "")
            return np.concatenate(parts)

        return compare_logits(logits(reference), logits(converted))
