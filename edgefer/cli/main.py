"""The command line: registers one file a command, and turns edgefer's errors into one line and an exit code."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import edgefer
from edgefer.cli.benchmark import benchmark
from edgefer.cli.build import build
from edgefer.cli.build_engine import build_engine
from edgefer.cli.calibrate import calibrate
from edgefer.cli.data import data
from edgefer.cli.distill import distill
from edgefer.cli.evaluate import evaluate
from edgefer.cli.export import export
from edgefer.cli.inspect import inspect
from edgefer.cli.models import models
from edgefer.cli.quickstart import quickstart
from edgefer.cli.recipes import recipes
from edgefer.cli.report import report
from edgefer.cli.run import run
from edgefer.cli.sensitivity import sensitivity
from edgefer.cli.train import train
from edgefer.console import complain
from edgefer.errors import EdgeferError
from edgefer.ranks import world

app = typer.Typer(
    name="edgefer",
    help="Distil facial-expression networks, compile them to TensorRT engines, measure them, watch a camera.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(show: bool) -> None:
    if show:
        print(f"edgefer {edgefer.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    pass


app.command("quickstart")(quickstart)
app.command("train")(train)
app.command("distill")(distill)
app.command("build")(build)
app.command("export")(export)
app.command("calibrate")(calibrate)
app.command("sensitivity")(sensitivity)
app.command("build-engine")(build_engine)
app.command("inspect")(inspect)
app.command("evaluate")(evaluate)
app.command("benchmark")(benchmark)
app.command("report")(report)
app.command("run")(run)
app.add_typer(data, name="data")
app.add_typer(recipes, name="recipes")
app.add_typer(models, name="models")


def main(argv: list[str] | None = None) -> None:
    """Run one command and exit: 0 ok, 1 a check or a file failed, 2 wrong usage, 130 stopped by Ctrl-C."""
    try:
        app(argv)
    except EdgeferError as error:
        if _tells():
            complain(f"error: {error}")
        sys.exit(error.exit_code)


def _tells() -> bool:
    """Of the processes that torchrun started, which all end when one does, the first says why."""
    if world() == 1:
        return True
    from edgefer.distill.parallel import first_to_tell

    return first_to_tell()
