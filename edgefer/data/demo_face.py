"""One drawn face: what decides it (`FaceParameters`) and its picture (`draw_face`)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.data.demo_expression import REST, Actions
from edgefer.data.demo_paint import Plane, axis, head_grid, unit
from edgefer.errors import DataError


@dataclass(frozen=True)
class Identity:
    """Who it is. Lengths in head units (half the head's height is 1), tones from 0 (black) to 1 (white)."""

    skin: float = 0.68
    hair: float = 0.15
    clothes: float = 0.8
    lips: float = 0.72  # tone of the lips as a share of the skin's
    iris: float = 0.2
    width: float = 0.76  # half the head's width
    jaw: float = 0.3  # how much the face narrows to the chin
    eye_distance: float = 0.32  # from the middle line
    eye_height: float = -0.1
    eye_size: float = 0.16  # half an eye's width
    brow_height: float = 0.25  # above the eyes
    brow_thickness: float = 0.038
    brow_tilt: float = 0.0  # resting slope; positive: outer ends lower
    nose_length: float = 0.42
    nose_width: float = 0.13
    mouth_height: float = 0.56
    mouth_width: float = 0.28
    lip_thickness: float = 0.07
    mouth_bend: float = 0.0  # resting curve; positive: corners up
    hairline: float = -0.76
    parting: float = 0.0  # the fringe falls lower on one side
    long_hair: float = 0.0  # 0 short .. 1 over the shoulders
    folds: float = 0.25  # depth of the resting lines beside nose and mouth
    beard: float = 0.0
    glasses: float = 0.0  # 0 none, else how dark their frame is


@dataclass(frozen=True)
class Pose:
    """Where the head is. roll in radians, clockwise; yaw and pitch as sines of small angles, right and down.

    x, y: the head's centre in half pictures, right and down. scale: half a head's height in half pictures.
    """

    roll: float = 0.0
    yaw: float = 0.0
    pitch: float = 0.0
    x: float = 0.0
    y: float = 0.0
    scale: float = 1.05


@dataclass(frozen=True)
class Light:
    """How the picture is taken. Gradients as shares of the tone; noise as a standard deviation in tones."""

    across: float = 0.0
    down: float = 0.0
    gamma: float = 1.0  # above 1: darker mid-tones
    contrast: float = 1.0
    brightness: float = 0.0
    background: float = 0.45
    clutter: float = 0.1
    defocus: float = 0.0  # width of the blur as a fraction of the picture's side
    noise: float = 0.0


@dataclass(frozen=True)
class Hand:
    """Fingers before the face: where their middle is in head units, their lean, size and tone."""

    x: float = 0.2
    y: float = 0.6
    lean: float = 0.0
    size: float = 0.3
    tone: float = 0.62


@dataclass(frozen=True)
class FaceParameters:
    """Everything that decides a drawn face; `dataclasses.replace` moves it."""

    identity: Identity = Identity()
    actions: Actions = REST
    pose: Pose = Pose()
    light: Light = Light()
    hand: Hand | None = None
    gaze: float = 0.0  # -1 left .. 1 right
    lopsided: float = 0.0  # how much lower the right side of the face sits
    grain: int = 0  # seeds the noise


def draw_face(face: FaceParameters, size: int = 48) -> npt.NDArray[np.uint8]:
    """Draw a face, uint8 gray `[size, size]`. The same parameters give the same pixels on every machine.

    Raises DataError for a size outside 16..2048.
    """
    if not 16 <= size <= 2048:
        raise DataError(f"a face cannot be drawn {size} px large", "use a size from 16 to 2048")
    from edgefer.data import demo_features as features

    pose, light = face.pose, face.light
    outline = head_grid(size, pose.roll, (pose.x, pose.y), pose.scale, light.defocus)
    front = outline.turned(pose.yaw, pose.pitch, face.lopsided)
    picture = _background(light, size)
    features.head(picture, outline, face)
    features.skin_lines(picture, front, face)
    features.nose(picture, front, face)
    features.mouth(picture, front, face)
    features.eyes(picture, front, face)
    features.brows(picture, front, face)
    features.hair(picture, outline, face)
    if face.identity.glasses:
        features.glasses(picture, front, face)
    if face.hand:
        features.hand(picture, outline, face.hand)
    return _exposed(picture, light, face.grain)


def _background(light: Light, size: int) -> Plane:
    along = axis(size)
    return (light.clutter * along)[:, None] * (along - 1)[None, :] + light.background


def _exposed(picture: Plane, light: Light, grain: int) -> npt.NDArray[np.uint8]:
    along = axis(len(picture))
    picture *= (1 + light.across * along)[None, :] + (light.down * along)[:, None]
    unit(picture)
    if light.gamma != 1:
        # A rational curve stands for the power law: as steep at its middle, and exact on every machine.
        picture /= picture + light.gamma * (1 - picture)
    picture *= light.contrast
    picture += 0.5 - 0.5 * light.contrast + light.brightness
    if light.noise:
        picture += light.noise * np.random.default_rng(grain).standard_normal(picture.shape, np.float32)
    unit(picture)
    picture *= 255
    picture += 0.5
    return picture.astype(np.uint8)
