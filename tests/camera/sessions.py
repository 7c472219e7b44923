"""Sessions that tests write themselves, line by line or from readings."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np

from edgefer.camera.frame import Frame
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.camera.session_folder import FILE

LABELS = ("anger", "happy", "sad", "neutral")
PICTURE = np.zeros((4, 4, 3), np.uint8)
START = 1_800_000_000.0


def header(**changes):
    model = {"name": "C", "sha256": "ab" * 32, "precision": "fp32", "backend": "onnxruntime cpu", "labels": LABELS}
    moment = "2027-01-15T08:00:00.000+00:00"
    line = {
        "kind": "session", "schema": 1, "name": "anna", "began": moment, "started": moment, "time": 0.0, "live": True,
        "source": "camera 0", "model": model, "rate": 10.0, "aggregate": False, "settings": {"smooth": 0.5},
        "edgefer": "0.1.0",
    }  # fmt: skip
    return line | changes


def sample(time, *people):
    return {"kind": "sample", "time": time, "people": list(people)}


def person(track, emotion="neutral", probability=0.7, labels=LABELS):
    """Somebody who is seen; `uncertain` has even probabilities."""
    uncertain = emotion == "uncertain"
    rest = (1 - probability) / (len(labels) - 1)
    shares = [1 / len(labels) if uncertain else probability if name == emotion else rest for name in labels]
    return {"track": track, "seen": True, "emotion": emotion, "uncertain": uncertain, "probabilities": shares}


def unseen(track):
    return {"track": track, "seen": False}


def mark(time, text, does="task"):
    return {"kind": "mark", "time": time, "does": does, "text": text, "id": f"{time}{text}"}


def gap(time, why="no picture"):
    return {"kind": "gap", "time": time, "why": why}


def end(time, why=""):
    return {"kind": "end", "time": time, "why": why}


def write(folder: Path, *lines) -> Path:
    """A session's file of these lines, after a header where there is none."""
    if not lines or lines[0]["kind"] != "session":
        lines = (header(name=folder.name), *lines)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / FILE).write_text("".join(json.dumps(line, separators=(",", ":")) + "\n" for line in lines))
    return folder / FILE


def lines(path: Path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def reading(second, *faces, live=False):
    """A frame at a second with faces `(track, emotion)`; a live one was taken just now."""
    found = tuple(
        FaceReading((1, 2, 3, 4), name, 0.7, {label: 0.7 if label == name else 0.1 for label in LABELS}, 0.9, track)
        for track, name in faces
    )
    return FrameReading(Frame(0, second, PICTURE, time.monotonic() if live else None), found)
