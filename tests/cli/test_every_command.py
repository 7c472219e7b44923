"""Every command and subcommand is run by some test of the command line."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from edgefer.cli.lazy import load
from edgefer.cli.main import COMMANDS

HERE = Path(__file__).parent


def commands() -> Iterator[tuple[str, ...]]:
    for name in COMMANDS:
        parts = getattr(load(name), "commands", None)
        yield from [(name, part) for part in parts] if parts else [(name,)]


def calls() -> set[tuple[object, ...]]:
    """The first words of each `cli("data", "info", ...)` in the tests beside this one."""
    return {
        tuple(word.value if isinstance(word, ast.Constant) else None for word in node.args[:2])
        for path in HERE.glob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "cli"
    }


def test_there_are_as_many_as_the_help_lists():
    assert len(list(commands())) > len(COMMANDS) > 15


@pytest.mark.parametrize("command", list(commands()), ids=" ".join)
def test_it_is_run(command: tuple[str, ...]):
    assert command in {words[: len(command)] for words in calls()}
