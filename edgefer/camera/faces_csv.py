"""A table of faces: one line a face, for spreadsheets and data frames."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from edgefer.camera.outfile import LineFile
from edgefer.camera.reading import FrameReading

FRAME = ("frame", "time", "age_ms", "dropped", "picture")
FACE = ("track", "label", "score", "uncertain", "detected", "detector_score")
BOX = ("x", "y", "width", "height")


class FacesCsv:
    """One flushed line a face, with the names of the JSON lines; `-` is stdout. The first line names the columns.

    labels: the emotions of the model, in its order.
    """

    pictures = 0

    def __init__(self, target: str, labels: Sequence[str]) -> None:
        self._labels = tuple(labels)
        self._file = LineFile(target)
        self.files = self._file.files
        self._file.write(row(columns(labels)))

    def take(self, reading: FrameReading) -> bool:
        line: Mapping[str, Any] = reading.to_json()
        frame = [line.get(name) for name in FRAME]
        rows = []
        for face in line["faces"]:
            raw = face["raw"] or {}
            emotions = [*(face["probabilities"].get(name) for name in self._labels), *map(raw.get, self._labels)]
            rows.append(row([*frame, *(face[name] for name in FACE), *face["box"], *emotions]))
        return not rows or self._file.write("\n".join(rows))

    def close(self) -> None:
        self._file.close()


def columns(labels: Sequence[str]) -> list[str]:
    """Names as `pandas.json_normalize` makes them of the JSON lines."""
    nested = [("box", BOX), ("probabilities", labels), ("raw", labels)]
    return [*FRAME, *FACE, *(f"{name}.{part}" for name, parts in nested for part in parts)]


def row(values: Iterable[Any]) -> str:
    """One line of CSV without its end; True is `true`, None is empty."""
    text = io.StringIO()
    plain = (str(value).lower() if isinstance(value, bool) else value for value in values)
    csv.writer(text, lineterminator="").writerow(plain)
    return text.getvalue()
