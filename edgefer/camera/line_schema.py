"""The JSON Schema of the JSON lines, made from the types that write them.

Write the committed file again with `python -m edgefer.camera.line_schema docs/frame-schema.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from edgefer.camera.line import FrameLine, IntervalLine
from edgefer.paths import write_text


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of one line: of a frame, or of an interval where only these may leave the process."""
    made = TypeAdapter(FrameLine | IntervalLine).json_schema()
    for name, part in made["$defs"].items():
        part["additionalProperties"] = False
        part["title"] = name
        for field in part["properties"].values():
            field.pop("title", None)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "One line of edgefer run --jsonl, schema 1",
        **made,
    }


def text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), text())
