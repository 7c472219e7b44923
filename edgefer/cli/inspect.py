"""`edgefer inspect`: says what a file is."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from edgefer.cli.options import Json, emit

if TYPE_CHECKING:
    from edgefer.card import ModelCard
    from edgefer.engine.inspect import Description


def inspect(
    artifact: Annotated[
        Path, typer.Argument(help="A checkpoint, ONNX file, engine, calibration set or data store, or its folder.")
    ],
    json: Json = False,
) -> None:
    """Say what a file is and whether it is sound; needs no GPU. Exits 1 when something is wrong with it."""
    from edgefer.engine.inspect import describe

    found = describe(artifact)
    emit(json, found.to_dict(), _text(found))
    if found.problems:
        raise typer.Exit(1)


def _text(found: Description) -> str:
    rows: list[tuple[str, str]] = [(found.kind, f"{found.path}, {found.size_bytes / 1e6:.2f} MB")]
    rows += [(name, _plain(value)) for name, value in found.facts.items()]
    rows += _card_rows(found.card) if found.card else []
    rows += [("PROBLEM", problem) for problem in found.problems]
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name.ljust(width)}  {value}" for name, value in rows)


def _card_rows(card: ModelCard) -> list[tuple[str, str]]:
    spec, source = card.input, card.provenance
    trained = [f"recipe {source.recipe}" * bool(source.recipe), f"faces {source.dataset}" * bool(source.dataset)]
    trained += [f"teacher {source.teacher}" * bool(source.teacher), f"{source.epochs} epochs" * bool(source.epochs)]
    rows = [
        ("model", f"{card.name} ({card.architecture}, {card.parameters:,} parameters{', trimmed' * card.trimmed})"),
        ("precision", card.tools.get("mixed", card.precision.value)),
        ("labels", ", ".join(card.labels)),
        (
            "takes",
            f"{spec.colour} {spec.channels}x{spec.height}x{spec.width}, pixels 0..255, mean {_plain(spec.mean)}, std {_plain(spec.std)}",
        ),
        ("trained", ", ".join(filter(None, trained)) or "not told"),
    ]
    rows += [
        ("measured", f"{one.accuracy:.2%} on {one.place} ({one.faces} faces, {one.backend})") for one in card.measured
    ]
    tools = {name: version for name, version in card.tools.items() if name != "mixed"}
    return rows + [("made with", _plain(tools))] * bool(tools)


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {f'({_plain(one)})' if isinstance(one, dict) else _plain(one)}" for key, one in value.items()
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(one) for one in value)
    return str(value)
