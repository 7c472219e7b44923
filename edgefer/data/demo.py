"""Demo faces: sets of drawn faces that need no download, so that every command works on a fresh machine.

They are as varied as found pictures are: people, pose, light, focus, noise, glasses, hands before the face, and above
all the strength of the expression, down to a hint. Labels are always right; what is hard is to see them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np

from edgefer import emotions
from edgefer.data.demo_expression import EXPRESSIONS, NAMES, Actions
from edgefer.data.demo_face import FaceParameters, Hand, Identity, Light, Pose, draw_face
from edgefer.data.faces import FaceSet
from edgefer.errors import DataError, UsageError

NAME = "demo"
SIZE = 48
# Faces per split when no count is asked for: whole multiples of the seven emotions.
SPLITS = {"Training": 3010, "PublicTest": 700}
SEED = 2013


def demo_faces(split: str, count: int | None = None, seed: int = SEED) -> FaceSet:
    """Demo faces of a split, uint8 `[count, 48, 48]`, emotions in turn in the order of `emotions.FER2013`.

    Face i of a split depends on the seed, the split and i alone. No two splits share a face or a person.
    Raises UsageError for a split that is not in `SPLITS`, DataError for a count below 1.
    """
    if split not in SPLITS:
        raise UsageError(f"demo faces have no split '{split}'", f"use one of: {', '.join(SPLITS)}")
    if count is not None and count < 1:
        raise DataError(f"{count} demo faces cannot be drawn", "ask for at least 1")
    return _draw(split, SPLITS[split] if count is None else count, seed)


@lru_cache(maxsize=4)
def _draw(split: str, count: int, seed: int) -> FaceSet:
    key = list(SPLITS).index(split)
    pixels = np.empty((count, SIZE, SIZE), np.uint8)
    labels = np.arange(count, dtype=np.int64) % len(emotions.FER2013)
    for index, label in enumerate(labels.tolist()):
        rng = np.random.default_rng((seed, key, index))
        pixels[index] = draw_face(random_face(emotions.FER2013[label], rng), SIZE)
    pixels.setflags(write=False)
    labels.setflags(write=False)
    return FaceSet.of(NAME, split, emotions.FER2013, pixels, labels)


def random_face(emotion: str, rng: np.random.Generator, strength: float | None = None) -> FaceParameters:
    """Somebody, somewhere, showing an emotion of `emotions.FER2013`.

    strength: how clearly, 0 (not at all) .. 1 (fully), beyond it exaggerated; drawn at random when None.
    """
    draws = iter(rng.random(64).tolist())
    normals = iter(rng.standard_normal(len(NAMES) + 6).tolist())

    def span(low: float, high: float) -> float:
        share: float = next(draws)
        return low + (high - low) * share

    shown = EXPRESSIONS[emotion][int(next(draws) * len(EXPRESSIONS[emotion]))]
    if strength is None:
        # Most are plain to see, which is what a network learns from first; a few are mere hints.
        strength = span(0.6, 1.25) if next(draws) < 0.85 else span(0.1, 0.6)
    habit = Actions(*(0.1 * next(normals) for _ in NAMES))
    return FaceParameters(
        identity=(who := _person(span)),
        actions=habit.plus(shown, strength),
        pose=Pose(
            roll=0.08 * next(normals),
            yaw=0.11 * next(normals),
            pitch=0.08 * next(normals),
            x=0.03 * next(normals),
            y=0.03 * next(normals),
            scale=span(1.12, 1.3),
        ),
        light=_light(span),
        hand=_hand(span, who) if next(draws) < 0.15 else None,
        gaze=span(-1, 1) ** 3,
        lopsided=0.03 * next(normals),
        grain=int(next(draws) * 2**31),
    )


def _person(span: Callable[[float, float], float]) -> Identity:
    skin = span(0.35, 0.85)
    return Identity(
        skin=skin,
        hair=span(0.05, 0.75) * span(0.4, 1) if span(0, 1) < 0.9 else 0.85,
        clothes=span(0.05, 0.95),
        lips=span(0.58, 0.9),
        iris=span(0.08, 0.4),
        width=span(0.68, 0.84),
        jaw=span(0.12, 0.42),
        eye_distance=span(0.28, 0.36),
        eye_height=span(-0.17, -0.05),
        eye_size=span(0.13, 0.185),
        brow_height=span(0.2, 0.29),
        brow_thickness=span(0.018, 0.055),
        brow_tilt=span(-0.05, 0.05),
        nose_length=span(0.35, 0.48),
        nose_width=span(0.1, 0.17),
        mouth_height=span(0.51, 0.61),
        mouth_width=span(0.23, 0.32),
        lip_thickness=span(0.04, 0.1),
        mouth_bend=span(-0.04, 0.04),
        hairline=span(-0.95, -0.62),
        parting=span(-0.3, 0.3),
        long_hair=max(span(-1, 1), 0),
        folds=span(0, 0.9),
        beard=max(span(-1.2, 0.6), 0),
        glasses=span(0.1, 1) if span(0, 1) < 0.15 else 0,
    )


def _light(span: Callable[[float, float], float]) -> Light:
    return Light(
        across=span(-0.3, 0.3),
        down=span(-0.25, 0.25),
        gamma=span(0.75, 1.35),
        contrast=span(0.75, 1.1),
        brightness=span(-0.1, 0.1),
        background=span(0.2, 0.8),
        clutter=span(-0.2, 0.2),
        defocus=max(span(-0.03, 0.06), 0),
        noise=span(0.0, 0.03),
    )


def _hand(span: Callable[[float, float], float], who: Identity) -> Hand:
    return Hand(x=span(-0.5, 0.5), y=span(0.35, 0.8), lean=span(-0.8, 0.8), size=span(0.22, 0.36), tone=who.skin * 0.9)
