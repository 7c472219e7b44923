"""Help of a command with many options, in plain text under headings."""

from __future__ import annotations

from typing import Any

from typer.core import TyperCommand


class Panels(TyperCommand):
    """Lists options under their `rich_help_panel`, in the order of the command; those without one come last."""

    def format_options(self, ctx: Any, formatter: Any) -> None:
        if not any(getattr(param, "rich_help_panel", None) for param in self.params):
            super().format_options(ctx, formatter)
            return
        panels: dict[str, list[tuple[str, str]]] = {}
        for param in self.get_params(ctx):
            if (record := param.get_help_record(ctx)) is not None:
                panels.setdefault(getattr(param, "rich_help_panel", None) or "", []).append(record)
        rest = panels.pop("", [])
        for title, records in [*panels.items(), ("Other", rest)]:
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)
