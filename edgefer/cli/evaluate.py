"""`edgefer evaluate`: how well a model labels faces."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgefer.cli.options import Json, emit
from edgefer.console import progress

if TYPE_CHECKING:
    from edgefer.evaluate.evaluate import Evaluation


def evaluate(
    model: Annotated[
        Path, typer.Argument(metavar="MODEL", help="A checkpoint, an ONNX file, an engine or its folder.")
    ],
    data: Annotated[
        str | None, typer.Option(help="Faces: demo, a store's name or its folder; default what it was trained on.")
    ] = None,
    split: Annotated[str, typer.Option(help="The split to label.")] = "PublicTest",
    batch: Annotated[int, typer.Option(min=1, help="Faces at once.")] = 64,
    threads: Annotated[int | None, typer.Option(min=1, help="CPU threads; default the runtime's own choice.")] = None,
    trust: Annotated[bool, typer.Option("--trust", help="Open an engine that no card vouches for.")] = False,
    json: Json = False,
) -> None:
    """Label a split's faces and compare with the truth: accuracy, and each emotion's recall, precision and F1."""
    from edgefer.data.load import load_faces
    from edgefer.evaluate.evaluate import evaluate as measure
    from edgefer.runtime.open import open_session

    with open_session(model, threads=threads, trust=trust) as session:
        faces = load_faces(data or session.card.provenance.dataset or "demo", split)
        with progress("evaluate", len(faces)) as step:
            evaluation = measure(session, faces, batch, step)
    emit(json, evaluation.to_dict(), table(evaluation))


def table(evaluation: Evaluation) -> str:
    """A line for the whole set, then one an emotion, in per cent."""
    from edgefer.table import text_table

    def percent(value: float | None) -> str:
        return "-" if value is None else f"{100 * value:.1f}"

    rows = [
        [name, f"{score.faces:,}", percent(score.recall), percent(score.precision), percent(score.f1)]
        for name, score in evaluation.scores.items()
    ]
    return "\n".join(
        (
            f"{evaluation.model} ({evaluation.backend}) on {evaluation.dataset} {evaluation.split}, {evaluation.faces:,} faces",
            f"accuracy {evaluation.accuracy:.2%}, balanced {evaluation.balanced_accuracy:.2%}, "
            f"macro F1 {evaluation.macro_f1:.3f}, negative log-likelihood {evaluation.negative_log_likelihood:.3f}",
            "",
            text_table(["emotion", "faces", "recall %", "precision %", "F1 %"], rows),
        )
    )
