"""The head of a TensorRT plan, read in pure Python on any machine.

A plan begins with a tag (`ftrt` for TensorRT, `vtrt` for TensorRT-RTX), and its bytes 24..27 are the four parts of the
version that built it. For TensorRT this is what NVIDIA's own `trtexec --getPlanVersionOnly` reads
(samples/common/sampleEngines.cpp); for TensorRT-RTX it was observed on engines of 1.5 to 1.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from edgefer.errors import ArtifactError
from edgefer.paths import require_file
from edgefer.trt.flavour import PlanName

_TAGS: dict[bytes, PlanName] = {b"ftrt": "tensorrt", b"vtrt": "tensorrt_rtx"}
_LENGTH = 28
_FIX = "build it with: edgefer build-engine"


@dataclass(frozen=True)
class PlanHeader:
    """flavour and version (such as `10.13.3.9`) that built a plan, and the file's size."""

    flavour: PlanName
    version: str
    size_bytes: int


def is_plan(path: Path) -> bool:
    """Whether a file starts like a plan of either flavour."""
    with path.open("rb") as handle:
        return handle.read(4) in _TAGS


def read_header(path: Path) -> PlanHeader:
    """The header of an engine file; raises ArtifactError for anything that is not a whole plan's beginning."""
    require_file(path, "a TensorRT engine", _FIX)
    with path.open("rb") as handle:
        head = handle.read(_LENGTH)
    if head[:4] not in _TAGS:
        raise ArtifactError(f"{path} is {_guess(head)}, not a TensorRT engine", _FIX)
    header = parse_header(head, path.stat().st_size)
    if header is None:
        raise ArtifactError(f"{path} is cut off: an engine of {len(head)} bytes cannot be", _FIX)
    return header


def parse_header(plan: bytes, size_bytes: int | None = None) -> PlanHeader | None:
    """The header of a plan, or of its beginning with the size of the whole; None for bytes that begin otherwise."""
    if plan[:4] not in _TAGS or len(plan) < _LENGTH:
        return None
    size = len(plan) if size_bytes is None else size_bytes
    return PlanHeader(_TAGS[plan[:4]], ".".join(str(part) for part in plan[24:28]), size)


def same_version(plan: str, installed: str) -> bool:
    """Whether a plan's four-part version is that of the module, which may name only three parts (`10.3.0`)."""
    parts, mine = plan.split("."), installed.split(".")
    shared = min(len(parts), len(mine), 4)
    return parts[:shared] == mine[:shared]


def _guess(head: bytes) -> str:
    try:
        text = head.decode("utf-8")
    except UnicodeDecodeError:
        return "some other binary file"
    return "a text file" if text.isprintable() or text.strip().isprintable() or "\n" in text else "some other file"
