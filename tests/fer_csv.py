"""Small files in the layout of the official fer2013.csv."""

from __future__ import annotations

from pathlib import Path

import numpy as np

HEADER = "emotion,pixels,Usage"


def faces(count: int, seed: int = 0) -> np.ndarray:
    """Random faces, uint8 `[count, 48, 48]`, with 0, 9, 10, 99, 100 and 255 in each."""
    pixels = np.random.default_rng(seed).integers(0, 256, (count, 48, 48), np.uint8)
    pixels[:, 0, :6] = (0, 9, 10, 99, 100, 255)
    pixels[:, -1, -1] = 7
    return pixels


def row(face: np.ndarray, label: int | str = 0, usage: str = "Training") -> str:
    return f"{label},{' '.join(map(str, face.ravel().tolist()))},{usage}"


def write(path: Path, usages: list[str], seed: int = 0) -> np.ndarray:
    """Write one face a usage, labels 0..6 in turn, as the challenge did; returns the faces."""
    pixels = faces(len(usages), seed)
    rows = [row(face, index % 7, usage) for index, (face, usage) in enumerate(zip(pixels, usages, strict=True))]
    path.write_bytes(("\n".join([HEADER, *rows]) + "\n").encode())
    return pixels
