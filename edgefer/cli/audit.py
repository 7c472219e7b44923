"""`edgefer data audit`: duplicates, leaks between splits, label conflicts and blank faces, and a list to leave them out."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json
from edgefer.console import say
from edgefer.errors import Interrupted, UsageError

if TYPE_CHECKING:
    from edgefer.data.audit.findings import Audit


def audit(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[SOURCE]",
            help="demo, a store's name or its folder.",
            show_default="the store prepared last, else demo",
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="The findings and the exclusion list, as JSON.")] = Path("audit.json"),
    html: Annotated[Path, typer.Option(help="The findings with their pictures, as a page.")] = Path("audit.html"),
    near: Annotated[
        bool, typer.Option("--near/--no-near", help="Leave out near duplicates of an earlier split too.")
    ] = True,
    json: Json = False,
) -> None:
    """Find duplicates, leaks between splits, label conflicts and blank faces, and write a list that leaves them out."""
    from edgefer.data.audit import words
    from edgefer.data.audit.audit import audit_source, default_source
    from edgefer.data.audit.file import check_place, to_json, write_audit
    from edgefer.report import audit as page

    if out.absolute() == html.absolute():
        raise UsageError(f"--out and --html are both {out}", "name two files")
    check_place(out)
    check_place(html, page.MARK)
    if source is None:
        source, reason = default_source()
        say(f"{source}: {reason}")
    try:
        found, sets = audit_source(source, near)
    except KeyboardInterrupt as error:
        raise Interrupted("the audit was stopped, nothing was written", "type the same line again") from error
    write_audit(out, found)
    page.write(html, found, sets)
    print(to_json(found) if json else words.report(found), end="" if json else "\n")
    say(words.near_line(found))
    say(f"wrote {out} and {html}, which holds pictures of the dataset: do not publish it")
    if line := _next(found, out):
        say(f"next: {line}")


def _next(found: Audit, out: Path) -> str:
    """A line that trains without what the list names; empty when a split to train on or to choose on is missing."""
    from edgefer.data.demo import NAME
    from edgefer.data.load import find_store
    from edgefer.emotions import FER2013

    choose = [split for split in found.splits if split not in ("Training", "PrivateTest")]
    if "Training" not in found.splits or not choose:
        return ""
    exclude = f"--exclude {shlex.quote(str(out))}"
    if found.source == ("fer2013" if find_store("fer2013") else NAME):
        return f"edgefer distill {exclude}"
    if found.source == NAME:
        return f"edgefer distill demo-c {exclude}"
    verb = "distill fer2013-c" if set(found.emotions) == set(FER2013) else "train fer2013-s"
    place = f"--set data.source={shlex.quote(found.source)} --set data.choose={choose[0]}"
    return f"edgefer {verb} {place} {exclude}"
