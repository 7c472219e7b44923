"""`fer2013new.csv`, the FER+ labels of microsoft/FERPlus: ten people's votes on each row of fer2013.csv.

One line a row, in the order of fer2013.csv: `Usage,Image name,` and the columns of `ferplus_protocols.COLUMNS`. The
image name is no row number (it drifts, and four names stand twice), so all that is read of it is whether there is one:
rows without a name are no faces.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from edgefer.data.readers.csv_text import CsvFile, cells_of, show
from edgefer.data.readers.fer2013_counts import SPLITS
from edgefer.data.readers.ferplus_protocols import COLUMNS, Votes

NAME = "fer2013new.csv"
WHERE = "get fer2013new.csv from the GitHub repository microsoft/FERPlus and name it with --source"
PEOPLE = 10

_HEADER = ("Usage", "Image name", *COLUMNS)
_SPLIT_CODES = {name.encode(): code for code, name in enumerate(SPLITS)}
_COUNTS = {str(count).encode(): count for count in range(PEOPLE + 1)}


@dataclass(frozen=True)
class VoteRows:
    """The rows of fer2013new.csv. votes: int64 `[N, 10]`. splits: uint8 `[N]`, indices into `SPLITS`.

    named: bool `[N]`, whether the row has an image name.
    """

    votes: Votes
    splits: npt.NDArray[np.uint8]
    named: npt.NDArray[np.bool_]

    def first(self, count: int) -> VoteRows:
        """The first rows alone."""
        return VoteRows(self.votes[:count], self.splits[:count], self.named[:count])


def find_votes(path: Path) -> Path:
    """The csv file that `path` is or holds; raises DataError when there is none."""
    return CsvFile(path / NAME if path.is_dir() else path, NAME, WHERE).require()


def read_votes(path: Path) -> VoteRows:
    """Read fer2013new.csv; raises DataError, naming the file and the row (numbered from 0), for any fault."""
    file = CsvFile(path, NAME, WHERE)
    votes, splits, named = bytearray(), bytearray(), bytearray()
    lines = file.lines()
    places = _places(file, next(lines, b""))
    for number, line in enumerate(lines, start=2):
        if content := line.strip():
            try:
                split, name, counts = _parse(content, places)
            except ValueError as fault:
                raise file.row_fault(len(splits), number, fault) from None
            votes += counts
            splits.append(split)
            named.append(name)
    if not splits:
        raise file.fault("has a header but no votes")
    counted = np.frombuffer(votes, np.uint8).reshape(-1, len(COLUMNS)).astype(np.int64)
    return VoteRows(counted, np.frombuffer(splits, np.uint8), np.frombuffer(named, np.bool_))


def _places(file: CsvFile, header: bytes) -> list[int]:
    """Where the columns of `_HEADER` stand."""
    names = file.columns(header)
    missing = [column for column in _HEADER if column.lower() not in names]
    if missing:
        raise file.fault(f"has no column '{missing[0]}' in its first line, which must be '{','.join(_HEADER)}'")
    return [names.index(column.lower()) for column in _HEADER]


def _parse(line: bytes, places: list[int]) -> tuple[int, bool, bytes]:
    """Split code, whether there is a name, and the votes of a line; raises ValueError saying what is wrong."""
    cells = cells_of(line)
    if len(cells) <= max(places):
        raise ValueError(f"{len(cells)} column(s) instead of {len(places)}; the file may be cut short")
    usage, name, *counts = (cells[place] for place in places)
    split = _SPLIT_CODES.get(usage)
    if split is None:
        raise ValueError(f"Usage {show(usage)} is none of {', '.join(SPLITS)}")
    votes = bytearray()
    for column, cell in zip(COLUMNS, counts, strict=True):
        count = _COUNTS.get(cell)
        if count is None:
            raise ValueError(f"{column} has {show(cell)} votes, not a number 0..{PEOPLE}")
        votes.append(count)
    return split, bool(name), bytes(votes)
