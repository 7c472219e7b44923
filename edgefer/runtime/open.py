"""Open any artifact as a session."""

from __future__ import annotations

import difflib
from pathlib import Path

from edgefer.errors import ArtifactError, UsageError
from edgefer.runtime.find import shipped_students
from edgefer.runtime.session import Session

CHECKPOINTS = (".safetensors", ".pth", ".pt")
ENGINES = (".engine", ".plan")


def open_session(path: Path, threads: int | None = None, trust: bool = False) -> Session:
    """A session for a checkpoint, an ONNX file, an engine, a folder that holds one, or a shipped student's name.

    threads: CPU threads; None leaves the backend's default. trust: run an engine that no card vouches for.
    Raises ArtifactError for a file that is missing, damaged or of no known kind, UsageError for a misspelt name,
    BackendError when what would run it is not on this machine.
    """
    path = artifact(path)
    if path.suffix in CHECKPOINTS:
        from edgefer.runtime.torch import open_checkpoint

        return open_checkpoint(path, threads)
    if path.suffix == ".onnx":
        from edgefer.runtime.onnx import OnnxSession

        return OnnxSession(path, threads)
    from edgefer.runtime.engine import open_engine

    return open_engine(path, trust=trust)


def artifact(path: Path) -> Path:
    """The file that `path` means: itself, what to run in the folder of a run or an engine, or the student of that name.

    A file or a folder of a student's name goes before it.
    """
    if path.is_dir():
        for pattern in ("*.engine", "best.safetensors", "*.onnx"):
            if found := sorted(path.glob(pattern)):
                return found[0]
        raise ArtifactError(f"{path} is a directory with no engine, checkpoint or ONNX file in it", "name a model file")
    if not path.exists():
        return _shipped(path)
    if path.suffix not in (*CHECKPOINTS, *ENGINES, ".onnx"):
        kinds = ", ".join((*CHECKPOINTS, ".onnx", *ENGINES))
        raise ArtifactError(f"{path} is no model that edgefer knows", f"the kinds are {kinds}")
    return path


def _shipped(name: Path) -> Path:
    students = shipped_students()
    if str(name) in students:
        return students[str(name)]
    if not name.suffix and (near := difflib.get_close_matches(str(name), students, n=1)):
        raise UsageError(f"there is no file or student '{name}'", f"did you mean '{near[0]}'?")
    raise ArtifactError(f"{name} does not exist", "name a checkpoint, an ONNX file, an engine or a shipped student")
