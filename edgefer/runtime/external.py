"""Weights that an ONNX file keeps in other files: they must lie in its folder.

ONNX Runtime 1.22 follows any path, an absolute one too (1.24 refuses), so the places are looked at before it is given the file. As in
`edgefer.runtime.metadata` the messages are walked through, and nothing of the weights is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from edgefer.errors import ArtifactError
from edgefer.runtime.metadata import entry, fields

# Where tensors are in a ModelProto: by message, the number of a field and what message it holds (onnx.proto).
MESSAGES: dict[str, dict[int, str]] = {
    "ModelProto": {7: "GraphProto", 25: "FunctionProto"},
    "GraphProto": {1: "NodeProto", 5: "TensorProto", 15: "SparseTensorProto"},
    "FunctionProto": {7: "NodeProto", 11: "AttributeProto"},
    "NodeProto": {5: "AttributeProto"},
    "AttributeProto": {
        5: "TensorProto", 6: "GraphProto", 10: "TensorProto", 11: "GraphProto", 22: "SparseTensorProto",
        23: "SparseTensorProto",
    },
    "SparseTensorProto": {1: "TensorProto", 2: "TensorProto"},
    "TensorProto": {13: "StringStringEntryProto"},
}  # fmt: skip
_ENTRY = "StringStringEntryProto"
_DEEPEST = 100  # graphs in nodes of graphs


def refuse_outside(path: Path) -> None:
    """Raise ArtifactError for an ONNX file whose weights are said to be outside its folder, or that cannot be read."""
    folder = path.parent.resolve()
    try:
        with path.open("rb") as file:
            places = sorted(set(_places(file, "ModelProto", os.fstat(file.fileno()).st_size, 0)))
    except ValueError as error:
        raise ArtifactError(f"{path} is not an ONNX file, or is damaged", "write it with edgefer export") from error
    for place in places:
        # Links count as what they point to.
        if "\0" in place or folder not in Path(os.path.realpath(folder / place)).parents:
            raise ArtifactError(
                f"{path} says that its weights are in {place}, outside its folder", "get the file from whoever made it"
            )


def _places(file: BinaryIO, message: str, end: int, depth: int) -> Iterator[str]:
    """The locations in a message that begins here and ends at `end`, where the file then is."""
    if depth > _DEEPEST:
        raise ValueError("nested too deep")
    inner = MESSAGES[message]
    for number, length in fields(file, end):
        kind = inner.get(number)
        if kind is None:
            file.seek(length, os.SEEK_CUR)
        elif kind == _ENTRY:
            key, value = entry(file, file.tell() + length)
            if key == "location":
                yield value
        else:
            yield from _places(file, kind, file.tell() + length, depth + 1)
