"""Facial expressions as continuous actions, after the action units of Ekman and Friesen's Facial Action Coding System."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from edgefer.emotions import canonical
from edgefer.errors import DataError


@dataclass(frozen=True)
class Actions:
    """How far each part of a face has moved: 0 at rest, 1 at full strength, negative the other way.

    The numbers in brackets are the action units that come closest.
    """

    inner_brow: float = 0.0  # raised inner ends (1)
    outer_brow: float = 0.0  # raised outer ends (2)
    brow_lower: float = 0.0  # lowered and drawn together (4)
    eye_open: float = 0.0  # upper lids raised (5); negative: closing (43)
    lower_lid: float = 0.0  # lower lids raised (7)
    cheek: float = 0.0  # cheeks raised (6)
    nose_wrinkle: float = 0.0  # (9)
    upper_lip: float = 0.0  # upper lip raised (10)
    corner: float = 0.0  # mouth corners up (12); negative: down (15)
    stretch: float = 0.0  # mouth wide (20); negative: narrow (18)
    press: float = 0.0  # lips pressed thin (24)
    jaw: float = 0.0  # mouth open (26)

    def plus(self, other: Actions, weight: float = 1.0) -> Actions:
        """These actions with `weight` times the others added."""
        return Actions(*(getattr(self, name) + weight * getattr(other, name) for name in NAMES))


REST = Actions()
NAMES = tuple(field.name for field in fields(Actions))

# The first of each emotion is the one that `blend` mixes; people show the others too.
EXPRESSIONS: dict[str, tuple[Actions, ...]] = {
    "anger": (
        Actions(brow_lower=1.0, eye_open=0.25, lower_lid=0.55, nose_wrinkle=0.15, corner=-0.3, stretch=-0.1, press=1.0),
        Actions(brow_lower=1.0, eye_open=0.45, lower_lid=0.3, nose_wrinkle=0.3, upper_lip=0.35, stretch=0.2, jaw=0.55),
    ),
    "disgust": (
        Actions(
            brow_lower=0.5, eye_open=-0.4, lower_lid=0.8, cheek=0.35, nose_wrinkle=1.0, upper_lip=1.0, corner=-0.35
        ),
        Actions(
            brow_lower=0.45,
            eye_open=-0.5,
            lower_lid=0.7,
            cheek=0.3,
            nose_wrinkle=0.9,
            upper_lip=0.8,
            corner=-0.2,
            jaw=0.35,
        ),
    ),
    "fear": (
        Actions(inner_brow=1.0, outer_brow=0.25, brow_lower=0.3, eye_open=0.85, corner=-0.3, stretch=0.75, jaw=0.4),
        Actions(inner_brow=1.0, outer_brow=0.35, brow_lower=0.35, eye_open=1.0, corner=-0.2, stretch=0.5, jaw=0.12),
    ),
    "happy": (
        Actions(eye_open=-0.2, lower_lid=0.5, cheek=1.0, upper_lip=0.15, corner=1.0, stretch=0.55, jaw=0.3),
        Actions(eye_open=-0.1, lower_lid=0.4, cheek=0.7, corner=0.9, stretch=0.4),
    ),
    "sad": (
        Actions(inner_brow=0.95, outer_brow=-0.3, brow_lower=0.2, eye_open=-0.4, corner=-0.9, stretch=-0.1, press=0.1),
        Actions(inner_brow=0.8, outer_brow=-0.35, eye_open=-0.6, lower_lid=0.15, corner=-0.7, stretch=-0.2),
    ),
    "surprise": (
        Actions(inner_brow=0.9, outer_brow=1.0, eye_open=1.0, stretch=-0.45, jaw=1.0),
        Actions(inner_brow=0.8, outer_brow=1.0, eye_open=0.9, stretch=-0.3, jaw=0.5),
    ),
    "neutral": (REST,),
}


def blend(weights: Mapping[str, float]) -> Actions:
    """Actions of a mixture of emotions, such as `{"happy": 0.6, "surprise": 0.3}`; the rest up to 1 is neutral.

    Raises DataError for a name that these faces cannot show.
    """
    mixed = REST
    for name, weight in weights.items():
        emotion = canonical(name)
        if emotion not in EXPRESSIONS:
            raise DataError(f"demo faces cannot show '{emotion}'", f"they show: {', '.join(EXPRESSIONS)}")
        mixed = mixed.plus(EXPRESSIONS[emotion][0], weight)
    return mixed
