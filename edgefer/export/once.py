"""An ONNX file of a checkpoint, exported unless the very same is there.

Beside the file, a record says which checkpoint it is of: `<name>.export.json`. It is written after the file, so that a
file whose record fits is whole.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from edgefer.errors import ArtifactError
from edgefer.evaluate.agreement import Agreement
from edgefer.export.checkpoint import Exported, export_checkpoint
from edgefer.export.onnx import tools_here
from edgefer.json_text import read_json
from edgefer.paths import sha256, write_text
from edgefer.runtime.onnx import read_card

_FORMAT = 1


@dataclass(frozen=True)
class Found:
    """exported: the file, None where a checkpoint must be exported. why: what was found, in a few words."""

    exported: Exported | None
    why: str


def find_exported(checkpoint: Path, onnx: Path) -> Found:
    """Whether `onnx` was exported from this very checkpoint by these very versions, and is as it was written."""
    if not onnx.is_file():
        return Found(None, "not there")
    try:
        record = read_json(_record(onnx).read_bytes())
        made_of, digest, tools = (record[name] for name in ("checkpoint_sha256", "onnx_sha256", "tools"))
        parity = Agreement(**record["agreement"])
        same_format = record["format"] == _FORMAT
    except (OSError, ValueError, KeyError, TypeError):
        return Found(None, "nothing says what it was exported from")
    if not same_format:
        return Found(None, f"{_record(onnx)} is of another edgefer")
    if digest != sha256(onnx):
        return Found(None, "not as it was exported")
    if made_of != sha256(checkpoint):
        return Found(None, "of another checkpoint")
    here = tools_here()
    if changed := [f"{name} was {tools.get(name)}, now {here[name]}" for name in here if tools.get(name) != here[name]]:
        return Found(None, f"of other versions: {', '.join(changed)}")
    try:
        return Found(Exported(onnx, read_card(onnx), parity), "of this very checkpoint")
    except ArtifactError as error:
        return Found(None, error.what)


def export_recorded(checkpoint: Path, onnx: Path, data: str | None = None) -> Exported:
    """`export_checkpoint`, which then writes down what the file is of."""
    made_of = sha256(checkpoint)
    exported = export_checkpoint(checkpoint, onnx, data)
    record = {
        "format": _FORMAT,
        "checkpoint_sha256": made_of,
        "onnx_sha256": sha256(onnx),
        "tools": tools_here(),
        "agreement": asdict(exported.parity),
    }
    write_text(_record(onnx), json.dumps(record, indent=1) + "\n")
    return exported


def _record(onnx: Path) -> Path:
    return onnx.with_suffix(".export.json")
