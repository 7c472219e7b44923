"""What every bundle says of its network, in plain words."""

from __future__ import annotations

from edgefer.card import InputSpec, ModelCard


def about(card: ModelCard) -> str:
    """What the network is, was measured at, takes and gives; Markdown."""
    measured = [f"{one.accuracy:.2%} on {one.place} ({one.faces:,} faces, {one.backend})" for one in card.measured]
    return "\n".join(
        [
            f"# {card.name}",
            "",
            f"{card.architecture}, {card.parameters:,} parameters, {card.precision.value}.",
            f"Accuracy as measured: {'; '.join(measured) or 'none in the card'}.",
            f"Labels in output order: {', '.join(card.labels)}.",
            f"Input: {_input(card.input)} Normalisation is inside the network: do not scale or subtract anything.",
            f"Crop: {crop(card.input)}",
            f"Calibration: {calibration(card)}",
            "Emotion estimates are not facts; tell the people you film.",
        ]
    )


def crop(spec: InputSpec) -> str:
    """How a face is cut out for the network."""
    margin = f"widened by {spec.crop_margin:.0%} of its side on each side" if spec.crop_margin else "without a margin"
    return f"the square around the detector's box, {margin}; where it leaves the picture, the edge is repeated."


def calibration(card: ModelCard) -> str:
    """Which faces and which method chose the ranges of its integers, as far as the card tells."""
    if not card.precision.calibrated:
        return f"none; {card.precision.value} needs no ranges."
    method = card.tools.get("calibration", "a method that the card does not name")
    kept = f"; {len(card.left_in_float)} convolutions were left in float" if card.left_in_float else ""
    digest = card.engine.calibration_sha256 if card.engine else ""
    faces = f", faces with SHA-256 {digest}" if digest else ""
    return f"ranges by {method}{faces}{kept}. They are in the ONNX file: no other calibration is to be given."


def _input(spec: InputSpec) -> str:
    planes = {1: "one gray plane", 3: "three planes, R G B" if spec.colour == "rgb" else "three times the gray plane"}
    return f"float32 [faces, {', '.join(map(str, spec.shape))}], pixels 0..255, {planes[spec.channels]}."
