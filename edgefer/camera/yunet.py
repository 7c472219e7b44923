"""The file of the YuNet face detector: where it is looked for, and its download.

Wu, Peng and Yu, "YuNet: A Tiny Millisecond-level Face Detector", 2023; MIT licence; distributed by the OpenCV Zoo.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from edgefer import console, paths
from edgefer.errors import ArtifactError, BackendError

FILE = "face_detection_yunet_2026may.onnx"
SHA256 = "ebafce4e3c118d6554634be5c27ab333b4c047a9a8c3faf1d7cf93101c22f0f0"
SIZE = 229_738
# The zoo keeps the file in Git LFS: the raw address of GitHub would give its pointer.
URL = f"https://media.githubusercontent.com/media/opencv/opencv_zoo/main/models/face_detection_yunet/{FILE}"
VARIABLE = "EDGEFER_YUNET"
GET = "edgefer models get yunet"
TIMEOUT = 20.0
BLOCK = 16_384


@dataclass(frozen=True)
class Found:
    """Where the file was found, and what named that place."""

    path: Path
    by: str


def cached() -> Path:
    """Where a download lands. Not created here."""
    return paths.cache_dir() / "models" / FILE


def find(explicit: Path | None = None) -> Found | None:
    """Look at `explicit`, then at the variable EDGEFER_YUNET, then in the download cache.

    A place that was named must hold the file (ArtifactError otherwise); an empty cache gives None.
    """
    if explicit is not None:
        return Found(_require(explicit), "--detector-model")
    if named := os.environ.get(VARIABLE):
        return Found(_require(Path(named).expanduser()), VARIABLE)
    return Found(_require(cached()), "the download cache") if cached().exists() else None


def fetch(out: Path) -> Path:
    """Download the file to `out`, check its hash, and only then give it its name. A good file there is kept.

    Raises BackendError when the network does not give it, ArtifactError when what comes is another file.
    """
    if out.is_file() and paths.sha256(out) == SHA256:
        return out
    with paths.atomic_file(out) as temporary:
        digest = hashlib.sha256()
        with console.progress(f"downloading {FILE}", SIZE) as step, temporary.open("wb") as handle:
            for block in _blocks(URL, out):
                digest.update(block)
                handle.write(block)
                step(len(block), "")
        if digest.hexdigest() != SHA256:
            raise ArtifactError(f"{URL} gave another file than the one edgefer was tested with", _by_hand(out))
    return out


def _blocks(url: str, out: Path) -> Iterator[bytes]:
    """The body of `url`, at most one byte longer than expected."""
    # Every `edgefer run` imports this module, and hardly any downloads.
    import http.client
    import urllib.request

    left = SIZE + 1
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:  # noqa: S310  the address is a constant
            while left and (block := answer.read(min(BLOCK, left))):
                left -= len(block)
                yield block
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise BackendError(f"cannot download {FILE}: {reason}", _by_hand(out)) from error


def _by_hand(out: Path) -> str:
    return f"fetch {URL} by hand and put it at {out} (or name it with --detector-model)"


def _require(path: Path) -> Path:
    return paths.require_file(path, "the YuNet detector", f"get it with: {GET}")
