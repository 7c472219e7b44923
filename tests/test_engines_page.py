"""docs/engines.md names every option of `build-engine`, and none that there is not."""

from __future__ import annotations

import re

import typer

from edgefer.cli.build_engine import build_engine
from tests.conftest import ROOT

PAGE = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")


def options() -> set[str]:
    app = typer.Typer(add_completion=False)
    app.command()(build_engine)
    return {
        name
        for parameter in typer.main.get_command(app).params
        for name in (*parameter.opts, *parameter.secondary_opts)
    }


def test_every_option_is_on_the_page():
    section = PAGE.partition("## Building")[2].partition("\n## ")[0]
    named = set(re.findall(r"`(--[a-z-]+)", section))
    # The default of a pair needs no row of its own.
    assert {name for name in options() if name.startswith("--")} - named == {"--measure"}


def test_no_row_is_of_an_option_that_there_is_not():
    table = PAGE.partition("| option | |")[2].partition("\n\n")[0]
    rows = {
        name
        for line in table.splitlines()
        for name in re.findall(r"`(--[a-z-]+)", line.split("|")[1] if "|" in line else "")
    }
    assert rows
    assert rows <= options()
