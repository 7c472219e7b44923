"""`edgefer data`: make prepared stores and say what is in them."""

from __future__ import annotations

import dataclasses
import difflib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.console import say
from edgefer.errors import UsageError

if TYPE_CHECKING:
    from edgefer.data.summary import Listing, Summary

data = typer.Typer(
    name="data",
    help="Prepare datasets, and show what prepared ones hold.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

_DATASETS = ("fer2013",)


@data.command()
def prepare(
    dataset: Annotated[str, typer.Argument(help="Which dataset: fer2013.")],
    source: Annotated[Path, typer.Option(help="Its file as published.")] = Path("fer2013.csv"),
    out: Annotated[Path | None, typer.Option(help="Folder to write.", show_default="data/DATASET")] = None,
    force: Annotated[bool, typer.Option("--force", help="Prepare again even if nothing changed.")] = False,
) -> None:
    """Read a dataset once into a compact, memory-mapped store."""
    if dataset not in _DATASETS:
        near = difflib.get_close_matches(dataset.lower(), _DATASETS, n=1, cutoff=0.4)
        hint = f"did you mean '{near[0]}'?" if near else f"known: {', '.join(_DATASETS)}"
        raise UsageError(f"no dataset is called '{dataset}'", hint)
    from edgefer.data.prepare import prepare_fer2013
    from edgefer.data.summary import summarise_store
    from edgefer.paths import DATA

    store = prepare_fer2013(source, out or DATA / dataset, force)
    _show(summarise_store(store))
    name = store.path.name if store.path.parent == DATA else store.path
    say(f"use it by name: edgefer distill --set data.source={name}")


@data.command()
def info(
    source: Annotated[
        str | None, typer.Argument(help="demo, a store's name or its folder.", show_default="list all")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show faces by split and emotion, size and hashes; without a name, list the sources there are."""
    from edgefer.data.summary import list_sources, summarise

    if source is None:
        found = list_sources()
        if as_json:
            print(json.dumps([dataclasses.asdict(one) for one in found], indent=2))
        else:
            _list(found)
        return
    summary = summarise(source)
    if as_json:
        print(json.dumps(dataclasses.asdict(summary), indent=2))
    else:
        _show(summary)


def _show(summary: Summary) -> None:
    height, width = summary.size
    disk = f", {summary.bytes / 1e6:.1f} MB on disk" if summary.bytes else ""
    print(f"{summary.name}: {summary.path}, faces {height}x{width} px{disk}")
    print(f"source  {summary.source}  {summary.source_sha256}".rstrip())
    print(f"sha256  {summary.sha256}")
    total = {name: sum(counts[name] for counts in summary.counts.values()) for name in summary.emotions}
    splits = {**summary.counts, "total": total} if len(summary.counts) > 1 else summary.counts
    rows: list[list[object]] = [["split", *summary.emotions, "faces"]]
    rows += [[name, *counts.values(), sum(counts.values())] for name, counts in splits.items()]
    _print_columns(rows)


def _list(found: list[Listing]) -> None:
    rows: list[list[object]] = [["name", "faces", "where", "splits"]]
    for one in found:
        splits = ", ".join(f"{split} {count}" for split, count in one.faces.items())
        rows.append([one.name, sum(one.faces.values()), one.path, one.fault or splits])
    _print_columns(rows)


def _print_columns(rows: list[list[object]]) -> None:
    """Numbers to the right, words to the left."""
    widths = [max(len(str(cell)) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = [
            str(cell).rjust(width) if isinstance(below, int) else str(cell).ljust(width)
            for cell, below, width in zip(row, rows[-1], widths, strict=True)
        ]
        print("  ".join(cells).rstrip())
