"""`edgefer data`: make prepared stores and say what is in them."""

from __future__ import annotations

import dataclasses
import difflib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.audit import audit
from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.errors import UsageError

if TYPE_CHECKING:
    from edgefer.data.summary import Listing, Summary

# The names in `data/prepare.py`, which this file must not import to say them.
NAMES = ("fer2013", "ferplus", "rafdb", "affectnet", "expw", "folder")

data = typer.Typer(
    name="data",
    help="Prepare datasets, and show what prepared ones hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@data.command()
def prepare(
    dataset: Annotated[str, typer.Argument(metavar="DATASET", help=f"Which dataset: {', '.join(NAMES)}.")],
    source: Annotated[
        Path | None,
        typer.Option(help="Its file or folder as published.", show_default="where its authors call it"),
    ] = None,
    images: Annotated[
        Path | None,
        typer.Option(help="Its pictures, where they are apart from the labels.", show_default="beside them"),
    ] = None,
    protocol: Annotated[
        str | None,
        typer.Option(help="How votes become labels and targets (ferplus).", show_default="majority"),
    ] = None,
    classes: Annotated[
        int | None,
        typer.Option(help="How many emotions to keep (ferplus, affectnet: 7 or 8).", show_default="8"),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=16, max=512, help="Side of a stored face in pixels.", show_default="the dataset's own, or 112"
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write.", show_default="data/DATASET")] = None,
    force: Annotated[bool, typer.Option("--force", help="Prepare again even if nothing changed.")] = False,
    json: Json = False,
) -> None:
    """Read a dataset once into a compact, memory-mapped store."""
    from edgefer.data.dataset import Options
    from edgefer.data.prepare import DATASETS
    from edgefer.data.prepare import prepare as prepare_store
    from edgefer.data.summary import summarise_store

    if dataset not in DATASETS:
        word = dataset.lower().replace("+", "plus").replace("-", "")
        near = [name for name in DATASETS if name.startswith(word)] or difflib.get_close_matches(word, DATASETS, n=1)
        hint = f"did you mean {' or '.join(map(repr, near))}?" if near else f"known: {', '.join(DATASETS)}"
        raise UsageError(f"no dataset is called '{dataset}'", hint)
    reader = DATASETS[dataset]
    options = Options(images, protocol, classes, size)
    store = prepare_store(reader, source or Path(reader.source), out, options, force)
    summary = summarise_store(store)
    emit(json, dataclasses.asdict(summary), _describe(summary))
    if line := _next(summary, None if out is None else store.path):
        say(f"next: {line}")


@data.command()
def info(
    source: Annotated[
        str | None,
        typer.Argument(metavar="[SOURCE]", help="demo, a store's name or its folder.", show_default="list all"),
    ] = None,
    json: Json = False,
) -> None:
    """Show faces by split and emotion, size and hashes; without a name, list the sources there are."""
    from edgefer.data.summary import list_sources, summarise

    if source is None:
        found = list_sources()
        emit(json, {"sources": [dataclasses.asdict(one) for one in found]}, _list(found))
    else:
        summary = summarise(source)
        emit(json, dataclasses.asdict(summary), _describe(summary))


data.command()(audit)


def _next(summary: Summary, place: Path | None) -> str:
    """A line that trains on a store; place: its folder, when no name finds it. Empty when no split can choose."""
    from edgefer.emotions import FER2013

    tests = [split for split in summary.counts if split not in ("Training", "PrivateTest")]
    if not tests or "Training" not in summary.counts:
        return ""
    if (summary.name, tests[0], place) == ("fer2013", "PublicTest", None):
        return "edgefer distill"
    # The networks inside edgefer can teach whoever knows their emotions.
    verb = "distill fer2013-c" if set(summary.emotions) == set(FER2013) else "train fer2013-s"
    source = shlex.quote(str(place or summary.name))
    return f"edgefer {verb} --set data.source={source} --set data.choose={tests[0]}"


def _describe(summary: Summary) -> str:
    height, width = summary.size
    kind = ("gray" if summary.colour == "gray" else "colour") + (
        ", with target distributions" if summary.targets else ""
    )
    left_out = ", ".join(f"{reason} {count}" for reason, count in summary.left_out.items())
    disk = f", {summary.bytes / 1e6:.1f} MB on disk" if summary.bytes else ""
    total = {name: sum(counts[name] for counts in summary.counts.values()) for name in summary.emotions}
    splits = {**summary.counts, "total": total} if len(summary.counts) > 1 else summary.counts
    rows: list[list[object]] = [["split", *summary.emotions, "faces"]]
    rows += [[name, *counts.values(), sum(counts.values())] for name, counts in splits.items()]
    return (
        f"{summary.name}: {summary.path}, faces {height}x{width} px {kind}{disk}\n"
        f"source: {summary.source} {summary.source_sha256}".rstrip()
        + (f"\nleft out: {left_out}" if left_out else "")
        + f"\nsha256: {summary.sha256}\n\n{_columns(rows)}"
    )


def _list(found: list[Listing]) -> str:
    rows: list[list[object]] = [["name", "faces", "where", "splits"]]
    for one in found:
        splits = ", ".join(f"{split} {count}" for split, count in one.faces.items())
        rows.append([one.name, sum(one.faces.values()), one.path, one.fault or splits])
    return _columns(rows)


def _columns(rows: list[list[object]]) -> str:
    """A table with a header: numbers to the right, words to the left."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = [
            str(cell).rjust(width) if isinstance(below, int) else str(cell).ljust(width)
            for cell, below, width in zip(row, rows[-1], widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)
