"""The command line: names the commands, one file each, and turns edgefer's errors into one line and an exit code."""

from __future__ import annotations

import os
import sys
from io import TextIOWrapper
from pathlib import Path
from typing import Annotated, NoReturn

import typer

import edgefer
from edgefer.cli.lazy import lazily
from edgefer.console import complain, one_line
from edgefer.errors import EdgeferError
from edgefer.ranks import world

COMMANDS = (
    "quickstart",
    "train",
    "distill",
    "build",
    "export",
    "calibrate",
    "sensitivity",
    "build-engine",
    "bundle",
    "inspect",
    "evaluate",
    "benchmark",
    "report",
    "run",
    "mark",
    "data",
    "recipes",
    "models",
    "doctor",
)

app = typer.Typer(
    name="edgefer",
    cls=lazily(COMMANDS),
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


def main(argv: list[str] | None = None) -> None:
    """Run one command and exit: 0 ok, 1 a check or a file failed, 2 wrong usage, 130 stopped by Ctrl-C."""
    _open_streams()
    try:
        try:
            app(argv)
        finally:
            sys.stdout.flush()
    except EdgeferError as error:
        _end(str(error), error.exit_code)
    except BrokenPipeError:
        _let_go()
        sys.exit(1)
    except OSError as error:
        _let_go()
        _end(f"{_place(error)}{error.strerror or error}. check that path, its rights and the space on its disk", 1)
    except MemoryError:
        _end("this takes more memory than there is. close other programs, or give it a smaller input", 1)
    except RecursionError:
        _end("an input is nested too deeply to be read. name a file that edgefer or its makers wrote", 1)


def _end(message: str, code: int) -> NoReturn:
    if _tells():
        complain(f"error: {one_line(message)}")
    sys.exit(code)


def _let_go() -> None:
    """What stdout cannot take would be tried again, and complained of, when the interpreter ends."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _place(error: OSError) -> str:
    return f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, (str, bytes)) else ""


def _open_streams() -> None:
    """Streams that the caller has closed become the null device: the next file to be opened would take their place.

    What the terminal's encoding lacks, as a file's name may, is shown by its number.
    """
    while (descriptor := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(descriptor)
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115  as long as the process
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _tells() -> bool:
    """Of the processes that torchrun started, which all end when one does, the first says why."""
    if world() == 1:
        return True
    from edgefer.distill.parallel import first_to_tell

    return first_to_tell()
