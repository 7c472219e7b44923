"""What several commands share: the `--json` option and how a result is printed."""

from __future__ import annotations

import json as json_module
from typing import Annotated, Any

import typer

from edgefer.ranks import leads

Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]


def emit(as_json: bool, values: dict[str, Any], text: str) -> None:
    """Print a result to stdout: one JSON object, or text for people. Of several processes the leading one prints."""
    if leads():
        print(json_module.dumps(values, indent=2) if as_json else text)
