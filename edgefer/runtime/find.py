"""Defaults that find things: what a command works on when it is not told."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from edgefer.console import say
from edgefer.errors import ArtifactError, EdgeferError, UsageError
from edgefer.paths import ENGINES, RUNS

_SHIPPED = "students"
# The most accurate of the shipped students for what it costs (docs/students.md).
DEFAULT = "fer2013-s-best"


def shipped_students() -> dict[str, Path]:
    """The students inside the package, by name, as ONNX files."""
    return {path.stem: path for path in sorted(_folder().glob("*.onnx"))}


def shipped_checkpoint(name: str) -> Path:
    """The weights of a student inside the package, to teach or to train on; UsageError when there is none."""
    found = {path.stem: path for path in sorted(_folder().glob("*.safetensors"))}
    if name not in found:
        known = f"there is: {', '.join(found)}" if found else "none is in this installation"
        raise UsageError(f"no student of edgefer's is named '{name}'", known)
    return found[name]


def _folder() -> Path:
    return Path(str(resources.files("edgefer"))) / _SHIPPED


def find_student() -> tuple[Path, str]:
    """The newest distilled student under `runs/`, else the newest network there, else the shipped one.

    Returns its path and why it was taken. Raises ArtifactError when there is none.
    """
    newest = sorted(RUNS.rglob("best.safetensors"), key=lambda path: path.stat().st_mtime, reverse=True)
    others = []
    for path in newest:
        from edgefer.models.checkpoint import read_card

        try:
            card = read_card(path)
        except EdgeferError:
            continue
        if card.provenance.teacher:
            return path, f"the newest student under {RUNS}/"
        others.append(path)
    if others:
        return others[0], f"the newest network under {RUNS}/"
    if shipped := shipped_students():
        return shipped.get(DEFAULT) or next(iter(shipped.values())), "the student that edgefer ships"
    raise ArtifactError(f"no student under {RUNS}/", "make one with: edgefer distill")


def said_student() -> Path:
    """`find_student`, and says which it is and why."""
    path, reason = find_student()
    say(f"{path}: {reason}")
    return path


def find_runnable() -> tuple[Path, str]:
    """What `edgefer run` runs: the newest engine that fits this machine, else the newest student as `find_student`.

    A student that was exported beside its checkpoint is taken as ONNX, which starts and runs faster and needs no torch.
    Returns the path and why it was taken.
    """
    engines = sorted(ENGINES.glob("*/*.engine"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in engines:
        # Imported where there is something to read: the camera's start waits for nothing that it does not need.
        from edgefer.runtime.engine import runs_here

        if runs_here(path):
            return path, f"the newest engine under {ENGINES}/ that fits this machine"
    path, reason = find_student()
    if path.suffix != ".safetensors":
        return path, reason
    from edgefer.models.checkpoint import read_card

    exported = path.with_name(f"{read_card(path).name}.onnx")
    if exported.is_file() and exported.stat().st_mtime >= path.stat().st_mtime:
        return exported, reason
    return path, reason
