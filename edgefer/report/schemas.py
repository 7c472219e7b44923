"""The JSON Schemas of edgefer's files and of what commands print, made from the types that read and write them.

Write the committed files again with `python -m edgefer.report.schemas docs/schemas`. Those of benchmark records and of the
camera's lines have modules of their own (`edgefer.benchmark.schema`, `edgefer.camera.line_schema`).
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from edgefer.camera import session_lines
from edgefer.card import ModelCard, Passport
from edgefer.data.exclusion import Exclusion
from edgefer.data.store import StoreInfo
from edgefer.paths import write_text
from edgefer.quantize.manifest import Manifest
from edgefer.recipe import Recipe
from edgefer.report.records import (
    BundleRecord,
    DoctorRecord,
    EpochLine,
    EvaluationRecord,
    FinishedRun,
    Hash,
    Inspection,
    TrainingRecord,
)
from edgefer.scales import ScaleTable
from edgefer.sweep import SweepFile

# Name of the schema's file: title, type.
KINDS: dict[str, tuple[str, Any]] = {
    "model-card": ("Model card, format 1", ModelCard),
    "passport": ("Passport of an engine, the key `engine` of its model card", Passport),
    "learned-scales": ("Learned INT8 scales of a checkpoint or an ONNX file, format 1", ScaleTable),
    "recipe": ("Recipe: the values of its TOML file", Recipe),
    "sweep": ("Sweep of recipes: the values of its TOML file", SweepFile),
    "calibration-set": ("manifest.json of a calibration set, format 2", Manifest),
    "face-store": ("manifest.json of a prepared store of faces, format 1", StoreInfo),
    "exclusion-list": ("Exclusion list, as edgefer data audit writes it, schema 1", Exclusion),
    "run-epoch": ("A line of a run's metrics.jsonl", EpochLine),
    "run-finished": ("finished.json of a run", FinishedRun),
    "training-record": ("record.json of a kept training log", TrainingRecord),
    "evaluation": ("edgefer evaluate --json, schema 2", EvaluationRecord),
    "session-line": ("A line of a session.jsonl, schema 1", session_lines.Line),
    "inspection": ("edgefer inspect --json, schema 1", Inspection),
    "doctor": ("edgefer doctor --json, schema 1", DoctorRecord),
    "bundle": ("edgefer bundle --json, schema 1", BundleRecord),
}


def schema(kind: str) -> dict[str, Any]:
    """JSON Schema 2020-12 of one of `KINDS`: what is accepted when it is read, which what is written always fits."""
    title, made_of = KINDS[kind]
    made = TypeAdapter(made_of).json_schema(mode="validation")
    if kind == "recipe":
        # The file's name is the recipe's name.
        del made["properties"]["name"]
        made["required"].remove("name")
    elif kind == "calibration-set":
        made["properties"]["manifest_sha256"] = TypeAdapter(Hash).json_schema()
        made["required"].append("manifest_sha256")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **_plain(made, kind)}


def text(kind: str) -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema(kind), indent=2) + "\n"


def write(folder: Path) -> list[Path]:
    """Write every schema as `NAME.json`; returns their places."""
    places = [folder / f"{kind}.json" for kind in KINDS]
    for kind, place in zip(KINDS, places, strict=True):
        write_text(place, text(kind))
    return places


def _plain(part: Any, kind: str) -> Any:
    """Without titles that are only names in capitals, descriptions on one line, and closed where the type is."""
    if isinstance(part, list):
        return [_plain(one, kind) for one in part]
    if not isinstance(part, dict):
        return part
    # A property may be called `title`: then its value is an object.
    kept = {key: value for key, value in part.items() if key != "title" or not isinstance(value, str)}
    if isinstance(told := kept.get("description"), str):
        kept["description"] = " ".join(told.split())
    if kept.get("type") == "object" and "properties" in kept and kind not in _OPEN:
        kept.setdefault("additionalProperties", False)
    return {key: _plain(value, kind) for key, value in kept.items()}


# Readers of these pass over keys that they do not know.
_OPEN = ("session-line", "exclusion-list")

if __name__ == "__main__":
    write(Path(sys.argv[1]))
