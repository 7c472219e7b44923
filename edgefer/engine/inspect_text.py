"""A description as text for people."""

from __future__ import annotations

import re
from typing import Any

from edgefer.card import Measurement, ModelCard
from edgefer.engine.description import Description
from edgefer.table import text_table

_LONGEST_NAME = 44


def description_text(found: Description) -> str:
    """A line for each fact, then for an engine the table of its fused layers, in the order in which they run."""
    rows: list[tuple[str, str]] = [(found.kind, f"{found.path}, {found.size_bytes / 1e6:.2f} MB")]
    rows += [row for name, value in found.facts.items() if name != "layers" for row in _fact(name, value)]
    rows += _card_rows(found.card) if found.card else []
    rows += [("PROBLEM", problem) for problem in found.problems]
    width = max(len(name) for name, _ in rows)
    lines = [f"{name.ljust(width)}  {value}" for name, value in rows]
    if layers := found.facts.get("layers"):
        lines += ["", f"{len(layers)} fused layers:", _layer_table(layers)]
    return "\n".join(lines)


def short_name(name: str) -> str:
    """A layer's name without what TensorRT-RTX adds to every one, such as `__myl_` before and `_myl0_12` behind."""
    text = re.sub(r"_myl\d+_\d+$", "", name).removeprefix("__myl_")
    if len(text) <= _LONGEST_NAME:
        return text
    half = (_LONGEST_NAME - 3) // 2
    return f"{text[:half]}...{text[-half:]}"


def _fact(name: str, value: Any) -> list[tuple[str, str]]:
    if name.endswith(" bytes"):
        return [(name.removesuffix(" bytes"), f"{value / 1e6:.2f} MB")]
    if name == "batch":
        return [(name, ":".join(map(str, value)))]
    if name == "parameters":
        return [(name, f"{value:,}")]
    if name == "census" and (witnesses := sorted({key.partition(" ")[0] for key in value} & {"onnx", "engine"})):
        # Keys of an engine's census begin with the witness: the graph that was compiled, then what it became.
        kept = {one: [key for key in value if key.startswith(f"{one} ")] for one in reversed(witnesses)}
        return [
            (f"{one} has", ", ".join(f"{value[key]} {key.partition(' ')[2]}" for key in keys))
            for one, keys in kept.items()
        ]
    return [(name, _plain(value))]


def _layer_table(layers: list[dict[str, str]]) -> str:
    rows = [
        [
            short_name(layer["name"]),
            layer["form"] if layer["kind"] == "other" else layer["kind"],
            layer["arithmetic"],
            layer["output"] or "?",
        ]
        for layer in layers
    ]
    return text_table(["layer", "kind", "computes in", "gives"], rows, left=4)


def _card_rows(card: ModelCard) -> list[tuple[str, str]]:
    spec, source = card.input, card.provenance
    trained = [f"recipe {source.recipe}" * bool(source.recipe), f"faces {source.dataset}" * bool(source.dataset)]
    trained += [f"teacher {source.teacher}" * bool(source.teacher), f"{source.epochs} epochs" * bool(source.epochs)]
    rows = [
        ("model", f"{card.name} ({card.architecture}, {card.parameters:,} parameters{', trimmed' * card.trimmed})"),
        ("precision", card.tools.get("mixed", card.precision.value)),
        *[("left in float", ", ".join(card.left_in_float))] * bool(card.left_in_float),
        ("labels", ", ".join(card.labels)),
        (
            "takes",
            f"{spec.colour} {spec.channels}x{spec.height}x{spec.width}, pixels 0..255, mean {_plain(spec.mean)}, std {_plain(spec.std)}",
        ),
        ("trained", ", ".join(filter(None, trained)) or "not told"),
    ]
    rows += [("measured", _measured(one)) for one in card.measured]
    if card.engine and card.engine.before and card.engine.after:
        rows += [("before", _measured(card.engine.before)), ("after", _measured(card.engine.after))]
    tools = {name: version for name, version in card.tools.items() if name != "mixed"}
    return rows + [("made with", _plain(tools))] * bool(tools)


def _measured(one: Measurement) -> str:
    return f"{one.accuracy:.2%} on {one.place} ({one.faces} faces, {one.backend})"


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            f"{key} {f'({_plain(one)})' if isinstance(one, dict) else _plain(one)}" for key, one in value.items()
        )
    if isinstance(value, (list, tuple)):
        return ", ".join(_plain(one) for one in value)
    return str(value)
