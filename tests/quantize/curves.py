"""Calibration curves without a network."""

from __future__ import annotations

from edgefer.quantize.curve import Curve, Trial


def curve(*trials: tuple[int, int, float], accuracy: float = 0.68) -> Curve:
    """From (faces, seed, accuracy) of each trial, and FP32's accuracy."""
    made = tuple(Trial(faces, seed, score, 0.97, "fear", 0.02) for faces, seed, score in trials)
    return Curve("m", "onnxruntime cpu", "noise", "0", "PublicTest", "1", 100, accuracy, made)
