"""Is a documented line one that the programs of today take? Nothing is run to know it."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import typer
from typer.main import get_command

from edgefer.cli.main import app
from edgefer.recipe import tomllib
from tests.conftest import ROOT

UsageError = typer.BadParameter.__mro__[1]
ENDS = {"&&", "||", "|", ";", "&"}


def wrong(line: str, own: set[str]) -> list[str]:
    """What is wrong with a line, nothing where it is sound. `own`: files that its page brings along."""
    return [fault for words in _simple(line) for fault in _wrong(words, own)]


def _simple(line: str) -> list[list[str]]:
    """The commands of a line: `a && b | c > d` are a, b and c."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=True)
    lexer.whitespace_split = True
    found: list[list[str]] = [[]]
    skip = False
    for word in lexer:
        if word in ENDS:
            found.append([])
        elif skip or set(word) <= set("<>&"):
            if not skip and found[-1][-1:] in (["1"], ["2"]):
                found[-1].pop()
            skip = not skip
        elif found[-1] or not re.fullmatch(r"\w+=.*", word):
            found[-1].append(word)
    return [words for words in found if words]


def _wrong(words: list[str], own: set[str]) -> list[str]:
    program, rest = words[0], words[1:]
    if program == "sudo":
        return _wrong(rest, own)
    if program == "edgefer":
        return unknown(rest)
    if program == "torchrun":
        return unknown(rest[rest.index("edgefer") + 1 :])
    if program == "pip":
        return _pip(rest)
    if program == "pytest":
        return [f"no {word}" for word in rest if word.startswith("tests") and not (ROOT / word).exists()]
    if program in ("python", "python3"):
        return _python(rest, own)
    return []


def unknown(words: list[str]) -> list[str]:
    """What edgefer's command line has against these words, by parsing them with it."""
    try:
        command = get_command(app)
        context = command.make_context("edgefer", list(words))
        while hasattr(command, "resolve_command"):
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            name, command, rest = command.resolve_command(context, rest)
            context = command.make_context(name, list(rest), parent=context)
    except typer.Exit:
        return []
    except UsageError as error:
        return [error.format_message()]
    return []


def options_of(words: list[str]) -> set[str] | None:
    """All options of the command that these words begin with, None where there is no such command."""
    command = get_command(app)
    for word in words:
        if not hasattr(command, "resolve_command"):
            break
        context = command.make_context("edgefer", [], resilient_parsing=True)
        found = command.get_command(context, word)
        if found is None:
            return None
        command = found
    return {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)} | {"--help"}


@cache
def _extras() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return set(project["optional-dependencies"])


def _pip(words: list[str]) -> list[str]:
    faults = []
    for before, word in zip(["", *words], words, strict=False):
        if before in ("-c", "-r", "--constraint", "--requirement"):
            faults += [] if (ROOT / word).is_file() else [f"no {word}"]
        elif found := re.fullmatch(r"(?:edgefer|\.|.*\.whl)\[(.+)\]", word):
            faults += [f"no extra {name}" for name in found[1].split(",") if name not in _extras()]
    return faults


def _python(words: list[str], own: set[str]) -> list[str]:
    if words[:1] == ["-m"]:
        if words[1] == "edgefer":
            return unknown(words[2:])
        inside = ROOT / Path(*words[1].split("."))
        return [] if not words[1].startswith("edgefer") or inside.with_suffix(".py").is_file() else [f"no {words[1]}"]
    if not words or words[0] == "-c" or words[0] in own:
        return []
    script = ROOT / words[0]
    if not script.is_file():
        return [f"no {words[0]}"]
    if script.name == "cli.py":
        return unknown(words[1:])
    text = script.read_text(encoding="utf-8") + (ROOT / "benchmarks" / "_script.py").read_text(encoding="utf-8")
    named = [word.partition("=")[0] for word in words[1:] if word.startswith("--")]
    return [f"{words[0]} knows no {name}" for name in named if f'"{name}"' not in text]
