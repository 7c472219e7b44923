"""A build as text for people."""

from __future__ import annotations

from edgefer.engine.result import BuildResult


def build_text(result: BuildResult) -> str:
    """The engine, what it is for, and what proves its precision."""
    passport = result.card.engine
    assert passport is not None
    lines = [
        f"{result.engine}: {result.engine.stat().st_size / 1e6:.2f} MB, compiled in {result.seconds:.1f} s",
        f"  for {passport.flavour} {passport.version}, {'+'.join(passport.targets)}, batch {':'.join(map(str, passport.batch))}",
        f"  computes in: {_products(passport.census)}",
    ]
    if result.agreement:
        near = result.agreement
        lines.append(
            f"  in ONNX Runtime, {near.same_label:.1%} of {near.faces} faces get the same label as in float32,"
            f" largest logit difference {near.max_difference:.2g}"
        )
    return "\n".join(lines)


def _products(census: dict[str, int]) -> str:
    witness = "engine" if any(key.startswith("engine") for key in census) else "onnx"
    products = [(key.split(" ", 2)[1:], number) for key, number in census.items() if key.startswith(witness)]
    return ", ".join(f"{number} {kind} {types}" for (kind, types), number in products if kind != "other")
