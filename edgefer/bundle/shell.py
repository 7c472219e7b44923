"""Shell scripts in bundles: POSIX, run from anywhere, that find NVIDIA's tool or say where to get it."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path

# Where JetPack, NVIDIA's containers and the archives for x86-64 put it.
_FOLDERS = ("/usr/src/tensorrt/bin", "/opt/tensorrt/bin", "/usr/local/tensorrt/bin")


def write_script(path: Path, purpose: str, lines: Sequence[str]) -> None:
    """Write an executable script that stops at the first failing command."""
    path.write_text("\n".join(["#!/bin/sh", f"# {purpose}", "set -eu", *lines]) + "\n", encoding="utf-8")
    path.chmod(0o755)


def in_its_folder() -> str:
    """The line that goes to the script's own folder."""
    return 'cd -- "$(dirname -- "$0")"'


def finding(tool: str) -> list[str]:
    """Lines that set `$tool`: to the variable TRTEXEC, to `tool` on the path, or to where NVIDIA installs it."""
    places = " ".join([tool, *(f"{folder}/{tool}" for folder in _FOLDERS)])
    return [
        "tool=${TRTEXEC:-}",
        f"for place in {places}; do",
        '    if [ -z "$tool" ] && command -v "$place" >/dev/null 2>&1; then tool=$place; fi',
        "done",
        'if [ -z "$tool" ]; then',
        f'    echo "error: {tool} is not here. it comes with TensorRT (not with its pip packages); name it: TRTEXEC=/path/to/{tool} $0" >&2',
        "    exit 1",
        "fi",
    ]


def calling(words: Sequence[str]) -> str:
    """The line that ends in the tool with these words and what the caller adds."""
    return f'exec "$tool" {shlex.join(words)} "$@"'
