"""An audit as a JSON file, which is also the exclusion list that `data/exclusion.py` reads."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import edgefer
from edgefer.data.audit.findings import BLANK, BRIGHT, DARK, Audit, Place, Split
from edgefer.data.audit.near import RADIUS, THRESHOLD
from edgefer.data.audit.tally import tally
from edgefer.errors import ArtifactError
from edgefer.paths import write_text

SCHEMA = 1
# By these words in its first bytes a file is known as one that an audit wrote.
MARK = '"kind": "edgefer audit"'

_LINE = 120


def check_place(path: Path, mark: str = MARK) -> None:
    """Raise ArtifactError unless a report can be written to `path`, where nothing or an audit's own report may stand.

    mark: what such a report holds in its first bytes.
    """
    fix = "name another file"
    if path.is_dir():
        raise ArtifactError(f"{path} is a directory", "name a file to write")
    try:
        if path.exists():
            with path.open("rb") as handle:
                if mark.encode() not in handle.read(4096):
                    raise ArtifactError(f"{path} is no report of an audit, and would be written over", fix)
        above = next(folder for folder in path.absolute().parents if folder.exists())
    except OSError as error:
        raise ArtifactError(f"cannot write {path}: {error.strerror}", fix) from error
    if not above.is_dir() or not os.access(above, os.W_OK):
        raise ArtifactError(f"cannot write {path}: {above} is not a folder that takes files", fix)


def write_audit(path: Path, audit: Audit) -> None:
    """Write the JSON file atomically, over an audit's own file only; raises ArtifactError."""
    check_place(path)
    write_text(path, to_json(audit))


def to_json(audit: Audit) -> str:
    """The file's text. Faces are named `[split, position from 0, label]`."""
    return _text(_values(audit)) + "\n"


def _values(audit: Audit) -> dict[str, Any]:
    counts = tally(audit)
    return {
        "schema": SCHEMA,
        "kind": "edgefer audit",
        "edgefer": edgefer.__version__,
        "dataset": audit.dataset,
        "source": audit.source,
        "emotions": list(audit.emotions),
        "size": list(audit.size),
        "faces": audit.faces,
        "limits": {
            "blank_spread": BLANK,
            "dark_below": DARK,
            "bright_above": BRIGHT,
            "hash_distance": RADIUS,
            "near_correlation": THRESHOLD,
        },
        "totals": {
            "identical_groups": len(audit.identical),
            "identical_faces": sum(len(group.places) for group in audit.identical),
            "conflicting_groups": len(audit.conflicts),
            "conflicting_faces": sum(len(group.places) for group in audit.conflicts),
            "groups_across_splits": len(audit.leaks),
            "near_pairs": len(audit.near),
            "near_pairs_across_splits": len(audit.near_leaks),
            "blank": sum(blank.spread == 0 for blank in audit.blanks),
            "almost_blank": sum(blank.spread > 0 for blank in audit.blanks),
        },
        "splits": {name: _split(split, asdict(counts[name])) for name, split in audit.splits.items()},
        "warnings": list(audit.warnings),
        "near_excluded": audit.near_excluded,
        "exclude": {
            name: {"sha256": split.sha256, "rows": {str(row): why for row, why in audit.exclude[name].items()}}
            for name, split in audit.splits.items()
        },
        "blank": [[*_place(blank.place), blank.spread] for blank in audit.blanks],
        "identical": [[_place(place) for place in group.places] for group in audit.identical],
        "near": [
            {
                "first": _place(pair.first),
                "second": _place(pair.second),
                "correlation": pair.correlation,
                "mirrored": pair.mirrored,
            }
            for pair in audit.near
        ],
    }


def _split(split: Split, counts: Mapping[str, int]) -> dict[str, Any]:
    return {
        "sha256": split.sha256,
        "found": dict(counts),
        "brightness": asdict(split.light),
        "classes": {name: asdict(light) for name, light in split.classes.items()},
        "brightness_histogram": list(split.histogram),
    }


def _place(place: Place) -> list[Any]:
    return [place.split, place.position, place.label]


def _text(value: Any, depth: int = 0) -> str:
    """JSON with a value on one line wherever it fits."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(flat) + depth <= _LINE or not isinstance(value, (dict, list)):
        return flat
    if isinstance(value, dict):
        parts = [f"{json.dumps(key, ensure_ascii=False)}: {_text(part, depth + 1)}" for key, part in value.items()]
    else:
        parts = [_text(part, depth + 1) for part in value]
    left, right = "{}" if isinstance(value, dict) else "[]"
    pad = "\n" + " " * (depth + 1)
    return f"{left}{pad}{f',{pad}'.join(parts)}\n{' ' * depth}{right}"
