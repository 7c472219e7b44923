"""`edgefer.load`: a network, ready to run."""

from __future__ import annotations

from pathlib import Path

from edgefer.runtime.find import find_runnable
from edgefer.runtime.open import open_session
from edgefer.runtime.session import Session


def load(model: str | Path | None = None, *, threads: int | None = None, trust: bool = False) -> Session:
    """Open a network: `session.predict(faces)` for pictures, `session.infer(pixels)` for prepared arrays.

    model: the name of a student that edgefer ships, a checkpoint (`.safetensors`, `.pth`), an ONNX file, an engine, or a
        folder that holds one; None takes what `edgefer run` takes. A checkpoint needs the `train` extra, an engine its
        TensorRT and GPU.
    threads: CPU threads; None leaves the backend's default. trust: run an engine that no card vouches for: its file is
        executable code.

    Returns a `Session`, a context manager whose `card` says what it takes and knows. Raises UsageError for a misspelt
    name, ArtifactError for a file that is missing, damaged or of no known kind, UntrustedError for an engine that its
    card does not vouch for, BackendError when what would run it is not on this machine.
    """
    path = find_runnable()[0] if model is None else Path(model)
    return open_session(path, threads=threads, trust=trust)
