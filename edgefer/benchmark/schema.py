"""The JSON Schema of benchmark records, made from the models that write them.

Write the committed file again with `python -m edgefer.benchmark.schema docs/benchmark-schema.json`.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from edgefer.benchmark.result import BenchmarkResult
from edgefer.paths import write_text


def schema() -> dict[str, Any]:
    """JSON Schema 2020-12 of what `BenchmarkResult.to_json` writes, computed values included."""
    made = _untitled(BenchmarkResult.model_json_schema(by_alias=True, mode="serialization"))
    version = made["properties"]["schema"]["const"]
    title = f"edgefer benchmark record, schema {version}"
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made, "title": title}


def _untitled(part: Any) -> Any:
    """Without the titles that are only names in capitals."""
    if isinstance(part, list):
        return [_untitled(one) for one in part]
    if not isinstance(part, dict):
        return part
    # A property may be called `title`: then its value is an object.
    return {key: _untitled(value) for key, value in part.items() if key != "title" or not isinstance(value, str)}


def text() -> str:
    """The schema as the committed file holds it."""
    return json.dumps(schema(), indent=2) + "\n"


if __name__ == "__main__":
    write_text(Path(sys.argv[1]), text())
