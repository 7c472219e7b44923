"""Commands whose modules are imported when they are asked for: `run` does not wait for those of all others."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_group

from edgefer.cli.panels import Panels


def lazily(names: Sequence[str]) -> type[TyperGroup]:
    """A group of these commands, in this order.

    `build-engine` is `build_engine` in `edgefer.cli.build_engine`: a function, or a `typer.Typer` with its own commands.
    """

    class Lazy(TyperGroup):
        def __init__(self, **settings: Any) -> None:
            super().__init__(**settings)
            # Their names are all that "did you mean" looks at.
            self.commands: dict[str, Any] = dict.fromkeys(names)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
            return load(cmd_name) if cmd_name in names else None

    return Lazy


def load(name: str) -> Any:
    """Import one command, and build it with its options."""
    # Else pydantic looks through every installed package for plugins, which takes longer than all that edgefer asks of it.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
    word = name.replace("-", "_")
    found = getattr(import_module(f"edgefer.cli.{word}"), word)
    host = typer.Typer(add_completion=False, rich_markup_mode=None)
    if isinstance(found, typer.Typer):
        host.add_typer(found, name=name)
    else:
        host.command(name, cls=Panels)(found)
    return get_group(host).commands[name]
