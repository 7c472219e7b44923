"""JSON that others wrote, as Python values."""

from __future__ import annotations

import json
from typing import Any


def read_json(text: str | bytes) -> Any:
    """The value of a JSON text; raises ValueError for what is none, and for one that is nested beyond reading."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise ValueError("nested too deep") from error


def read_object(text: str | bytes) -> dict[str, Any]:
    """The value of a JSON text that is an object; raises ValueError as `read_json`, and for any other value."""
    value = read_json(text)
    if not isinstance(value, dict):
        raise ValueError("no JSON object")
    return value
