"""Faces that lie in picture files, as a reader collects them row by row before it opens any picture."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from edgefer.data.dataset import Dataset, Options
from edgefer.data.faces import Pixels
from edgefer.data.preprocess import Box
from edgefer.data.readers.pictures import Colour, picture_blocks


class PictureRows:
    """Rows in their official order, kept small enough to hold those of any dataset."""

    def __init__(self, emotions: tuple[str, ...], splits: tuple[str, ...], lists: tuple[str, ...] = ()) -> None:
        """emotions, splits: what the codes of a row mean. lists: the label file of each split, for messages."""
        self.emotions = emotions
        self.splits = splits
        self._lists = lists
        self._files: list[str] = []
        self._labels, self._codes = bytearray(), bytearray()
        self._lines, self._boxes = array("q"), array("q")

    def __len__(self) -> int:
        return len(self._files)

    def add(self, file: str, label: int, split: int, line: int = 0, box: Box | None = None) -> None:
        """Add a row: a picture's path, indices into `emotions` and `splits`, the line of its label, its face's box.

        All rows have boxes, or none has.
        """
        self._files.append(file)
        self._labels.append(label)
        self._codes.append(split)
        self._lines.append(line)
        self._boxes.extend(box or ())

    def dataset(
        self,
        name: str,
        reader: str,
        source: Path,
        options: Options,
        digest: str,
        side: int,
        colour: Colour = "rgb",
        left_out: Mapping[str, int] | None = None,
    ) -> Dataset:
        """The rows as a dataset whose faces are `side` x `side` pixels; `reader` is what the user types for it.

        Reasons with no rows are dropped from `left_out`. Raises DataError when there are no rows.
        """
        return Dataset(
            name=name,
            emotions=self.emotions,
            splits=self.splits,
            labels=np.frombuffer(bytes(self._labels), np.uint8),
            codes=np.frombuffer(bytes(self._codes), np.uint8),
            size=(side, side),
            faces=lambda: self._faces(colour, side),
            source=source.resolve().name,
            source_sha256=digest,
            command=options.command(reader, source),
            colour=colour,
            left_out={reason: count for reason, count in (left_out or {}).items() if count},
        )

    def _faces(self, colour: Colour, side: int) -> Iterator[Pixels]:
        boxes = np.array(self._boxes, np.int64).reshape(-1, 4) if self._boxes else None
        return picture_blocks(self._files, colour, side, self._where, boxes)

    def _where(self, index: int) -> str:
        line = self._lines[index]
        return f"{self._lists[self._codes[index]]}, line {line}" if line else ""
