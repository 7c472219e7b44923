"""What a user may ask of a build."""

from __future__ import annotations

from edgefer.errors import UsageError

Batch = tuple[int, int, int]
BATCH: Batch = (1, 8, 32)


def parse_batch(text: str) -> Batch:
    """`1:8:32` -> (1, 8, 32); `8` -> (8, 8, 8), an engine for eight faces exactly. Raises UsageError."""
    try:
        sizes = [int(part) for part in text.split(":")]
        smallest, usual, largest = sizes * 3 if len(sizes) == 1 else sizes
    except ValueError as error:
        raise UsageError(f"'{text}' is no batch range", "write SMALLEST:USUAL:LARGEST, such as 1:8:32") from error
    return checked_batch((smallest, usual, largest))


def checked_batch(batch: Batch) -> Batch:
    """The same range; raises UsageError unless it ascends from 1 or more."""
    if not 1 <= batch[0] <= batch[1] <= batch[2]:
        raise UsageError(f"a batch range of {':'.join(map(str, batch))} is not possible", "use SMALLEST:USUAL:LARGEST")
    return batch
