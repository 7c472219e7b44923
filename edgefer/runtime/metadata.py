"""The metadata of an ONNX file, read without its graph and without the onnx package, which takes longer to import.

An ONNX file is one protobuf message, ModelProto. Its fields follow each other, each with a number and a length, so that
the graph with all its weights is skipped (https://protobuf.dev/programming-guides/encoding/, onnx.proto).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

# Field numbers of ModelProto, and of the StringStringEntryProto that `metadata_props` are.
_GRAPH, _METADATA = 7, 14
_KEY, _VALUE = 1, 2
# Wire types: an integer of 7 bits a byte, and bytes behind their length; then the ones of fixed size.
_VARINT, _BYTES = 0, 2
_FIXED = {1: 8, 5: 4}
_LONGEST = 10


def read_metadata(path: Path) -> dict[str, str]:
    """`metadata_props` of an ONNX file by key. Raises ValueError when it is no whole ONNX file, OSError as `open`.

    What stands inside the graph is not looked at.
    """
    found: dict[str, str] = {}
    graphs = 0
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for number, length in fields(file, size):
            if number == _METADATA:
                key, value = entry(file, file.tell() + length)
                found[key] = value
            else:
                file.seek(length, os.SEEK_CUR)
                graphs += number == _GRAPH
    if not graphs:
        raise ValueError("no graph")
    return found


def entry(file: BinaryIO, end: int) -> tuple[str, str]:
    """Key and value of a StringStringEntryProto that begins here and ends at `end`. Raises ValueError as `fields`."""
    parts = {_KEY: "", _VALUE: ""}
    for number, length in fields(file, end):
        parts[number] = file.read(length).decode()
    return parts[_KEY], parts[_VALUE]


def fields(file: BinaryIO, end: int) -> Iterator[tuple[int, int]]:
    """Number and length in bytes of each field up to `end`; whoever asks reads or skips so many before the next.

    Integers and values of fixed size are passed over.
    """
    while (place := file.tell()) < end:
        tag = _varint(file)
        number, wire = tag >> 3, tag & 7
        if not number:
            raise ValueError(f"no field at {place}")
        if wire == _VARINT:
            _varint(file)
        elif wire == _BYTES:
            length = _varint(file)
            if file.tell() + length > end:
                raise ValueError(f"the field at {place} ends behind the end")
            yield number, length
        elif wire in _FIXED:
            file.seek(_FIXED[wire], os.SEEK_CUR)
        else:
            raise ValueError(f"no field of a known kind at {place}")
    if file.tell() > end:
        raise ValueError("cut short")


def _varint(file: BinaryIO) -> int:
    value = 0
    for place in range(_LONGEST):
        byte = file.read(1)
        if not byte:
            raise ValueError("cut short")
        value |= (byte[0] & 0x7F) << (7 * place)
        if byte[0] < 0x80:
            return value
    raise ValueError("an integer without an end")
