"""Small files in the layouts of the official csv files of FER2013 and FER+."""

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


def as_icml(text: str) -> str:
    """The text of a fer2013.csv as icml_face_data.csv has it."""
    cells = [line.split(",") for line in text.splitlines()]
    return "\n".join(f"{emotion}, {usage}, {pixels}" for emotion, pixels, usage in cells)


def as_train(text: str) -> str:
    """The text of a fer2013.csv as the competition's train.csv has it: quoted pixels, CRLF, no Usage."""
    cells = [line.split(",")[:2] for line in text.splitlines()[1:]]
    return "".join(f"{line}\r\n" for line in ["emotion,pixels", *(f'{label},"{face}"' for label, face in cells)])


VOTES = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
# Ten votes for each of the eight emotions in turn.
PLAIN = [[10 if place == index else 0 for place in range(10)] for index in range(8)]


def write_votes(path: Path, usages: list[str], votes: list[list[int]]) -> None:
    """Write one row of fer2013new.csv a usage, with image names that are no row numbers."""
    rows = [
        ",".join([usage, f"fer{index + 3:07d}.png", *map(str, counts)])
        for index, (usage, counts) in enumerate(zip(usages, votes, strict=True))
    ]
    path.write_bytes(("\n".join([VOTES, *rows]) + "\n").encode())
