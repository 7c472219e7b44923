"""`edgefer evaluate`: how well a model labels faces, alone or beside another one."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import say
from edgefer.errors import UsageError
from edgefer.evaluate.choices import Tta


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A checkpoint, an ONNX file, an engine or its folder.")
    ],
    against: Annotated[
        Path | None, typer.Option(metavar="OTHER", help="Compare with this reference on the same faces.")
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="Faces: demo, a store's name or its folder; default what it was trained on.")
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="The split to label.", show_default="the one that chose its epoch")
    ] = None,
    exclude: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Also score without the faces that an audit lists.")
    ] = None,
    common: Annotated[
        bool, typer.Option("--common", help="Judge only the emotions that model and data both know.")
    ] = False,
    tta: Annotated[Tta, typer.Option(help="Views of each face to average.")] = Tta.NONE,
    max_drop: Annotated[
        float | None,
        typer.Option(metavar="POINTS", help="Exit 1 if accuracy is more percentage points below OTHER's."),
    ] = None,
    max_class_drop: Annotated[
        float | None, typer.Option(metavar="POINTS", help="Exit 1 if any emotion's recall is further below OTHER's.")
    ] = None,
    batch: Annotated[int, typer.Option(min=1, help="Faces at once.")] = 64,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; default the runtime's own choice.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Open an engine that no card vouches for.")] = False,
    markdown: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write the result as Markdown.")] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Also write a page with figures.")] = None,
    json: Json = False,
) -> None:
    """Label a split's faces and compare with the truth, officially and without faces that also stand in Training."""
    if against is None and (max_drop, max_class_drop) != (None, None):
        raise UsageError("a limit on a drop needs a model to drop from", "name it with --against OTHER")
    from edgefer.evaluate import text
    from edgefer.evaluate.result import Request, run
    from edgefer.runtime.open import open_session

    request = Request(data, split, exclude, common, tta, batch, max_drop, max_class_drop)
    with ExitStack() as stack:
        session = stack.enter_context(open_session(model, threads=threads, trust=trust))
        other = stack.enter_context(open_session(against, threads=threads, trust=trust)) if against else None
        result = run(session, other, request)
    emit(json, result.to_dict(), text.render(result))
    for warning in result.warnings:
        say(f"warning: {warning}")
    if exclude is None and result.protocols.left_out:
        say(f"near copies leak too: edgefer data audit {result.evaluation.dataset}, then add --exclude audit.json")
    if markdown is not None:
        from edgefer.report.evaluation_markdown import write as write_markdown

        write_markdown(markdown, result)
        say(f"wrote {markdown}")
    if html is not None:
        from edgefer.report.evaluation_page import write as write_page

        write_page(html, result)
        say(f"wrote {html}")
    if result.against is not None and result.against.verdict is not None:
        result.against.verdict.check()
