"""The parts of a face are painted on a few rows only, for speed: none may lose anything by it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgefer.data import demo_features
from edgefer.data.demo import random_face
from edgefer.data.demo_expression import EXPRESSIONS
from edgefer.data.demo_face import FaceParameters, Hand
from edgefer.data.demo_paint import Grid, head_grid

SIZE = 96


def _somebody(seed: int, turned: bool) -> FaceParameters:
    rng = np.random.default_rng(seed)
    face = random_face(list(EXPRESSIONS)[seed % 7], rng, 1.0)
    face = replace(face, identity=replace(face.identity, glasses=0.5), hand=Hand(lean=0.5))
    if not turned:
        return face
    angles = dict(zip(("roll", "yaw", "pitch"), rng.uniform((-3, -0.4, -0.4), (3, 0.4, 0.4)).tolist(), strict=True))
    return replace(
        face, pose=replace(face.pose, scale=rng.uniform(0.4, 1.3), **angles), lopsided=rng.uniform(-0.1, 0.1)
    )


def _paint(part: str, face: FaceParameters) -> np.ndarray:
    pose = face.pose
    at = head_grid(SIZE, pose.roll, (pose.x, pose.y), pose.scale, face.light.defocus)
    if part not in ("head", "hair", "hand"):
        at = at.turned(pose.yaw, pose.pitch, face.lopsided)
    picture = np.full((SIZE, SIZE), 0.6, np.float32)
    getattr(demo_features, part)(picture, at, face.hand if part == "hand" else face)
    return picture


@pytest.mark.parametrize("turned", [False, True], ids=["as in the sets", "any pose"])
@pytest.mark.parametrize("part", ["head", "skin_lines", "nose", "mouth", "eyes", "brows", "hair", "glasses", "hand"])
def test_nothing_is_cut_off(part, turned, monkeypatch):
    faces = [_somebody(seed, turned) for seed in range(40)]
    drawn = [_paint(part, face) for face in faces]
    monkeypatch.setattr(Grid, "band", lambda self, *_: self)
    for face, picture in zip(faces, drawn, strict=True):
        whole = _paint(part, face)
        assert np.abs(whole - 0.6).max() > 0.02
        np.testing.assert_allclose(picture, whole, atol=1 / 255)
