"""The scene before the synthetic camera: drawn people who move and change their emotion by a script."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from edgefer import emotions
from edgefer.camera.asked import Size
from edgefer.camera.frame import Picture
from edgefer.data.demo import random_face
from edgefer.data.demo_expression import blend
from edgefer.data.demo_face import FaceParameters, Light, Pose, draw_face
from edgefer.data.preprocess import Box
from edgefer.errors import UsageError

TURN = 0.4  # seconds in which a face changes to its next emotion
HEAD = 0.85  # height of a head as a share of the square it is drawn in
LARGEST = 240  # pixels of that square; drawing a larger one takes a slow machine longer than a frame lasts
SMALLEST = 32
WALL = 0.45  # tone of the background, 0..1
TINT = (0.82, 0.92, 1.0)  # blue, green, red of white: warm light, by which swapped channels can be told


@dataclass(frozen=True)
class Acted:
    """What one person of the scene does at a time: the truth that a reading can be held against.

    person: 1, 2, ... emotion: what is played, one of `emotions.FER2013`; halfway through a change it becomes the next.
    turning: whether the face is changing just then. box: x, y, width, height of the face in pixels.
    """

    person: int
    emotion: str
    turning: bool
    box: Box


@dataclass(frozen=True)
class _Person:
    number: int
    looks: FaceParameters
    script: tuple[str, ...]  # emotions, over and over
    ahead: float  # seconds by which the script runs ahead of the clock
    rhythm: tuple[float, ...]  # phases of the movements, radians
    middle: tuple[float, float]  # of the cell in which the person stays, pixels
    reach: tuple[float, float]  # how far the square's middle moves from there, pixels


class DemoScene:
    """Drawn people on a plain wall, each in a cell of their own, so that none hides another.

    Everything follows from size, number of people, seed and time: the same moment always looks the same.
    """

    def __init__(self, size: Size = (640, 480), people: int = 1, seed: int = 0, each: float = 3.0) -> None:
        """size: width, height in pixels. each: seconds that an emotion lasts.

        Raises UsageError when faces would be too small to be drawn.
        """
        self.size, self._each = size, each
        width, height = size
        columns = max(1, round(math.sqrt(max(people, 1) * width / height)))
        rows = max(1, math.ceil(people / columns))
        cell = (width / columns, height / rows)
        self._side = min(LARGEST, int(0.92 * min(cell)))
        if people and self._side < SMALLEST:
            raise UsageError(
                f"{people} demo faces do not fit into {width}x{height}", "ask for fewer faces or a larger size"
            )
        self._people = [self._person(number, columns, cell, seed) for number in range(people)]
        self._palette = (np.arange(256)[:, None] * np.array(TINT) + 0.5).astype(np.uint8)
        wall = self._palette[int(WALL * 255 + 0.5)]
        self._wall = np.broadcast_to(wall, (height, width, 3))

    def draw(self, time: float) -> Picture:
        """The picture at a time in seconds, uint8 `[H, W, 3]` BGR."""
        picture: Picture = self._wall.copy()
        for person in self._people:
            left, top, face = self._posed(person, time)
            square = self._palette[draw_face(face, self._side)]
            picture[top : top + self._side, left : left + self._side] = square
        return picture

    def acted(self, time: float) -> tuple[Acted, ...]:
        """What everybody does at a time in seconds."""
        return tuple(self._acted(person, time) for person in self._people)

    def _person(self, number: int, columns: int, cell: tuple[float, float], seed: int) -> _Person:
        rng = np.random.default_rng((seed, number))
        looks = random_face("neutral", rng, strength=0.0)
        others = [name for name in emotions.FER2013 if name != "neutral"]
        script = ("neutral", *(others[index] for index in rng.permutation(len(others))))
        row, column = divmod(number, columns)
        return _Person(
            number=number + 1,
            looks=looks,
            script=script,
            ahead=self._each * (0.37 * number % 1),
            rhythm=tuple((2 * math.pi * rng.random(4)).tolist()),
            middle=((column + 0.5) * cell[0], (row + 0.5) * cell[1]),
            reach=(max(0.0, (cell[0] - self._side) / 2 - 1), max(0.0, (cell[1] - self._side) / 2 - 1)),
        )

    def _posed(self, person: _Person, time: float) -> tuple[int, int, FaceParameters]:
        """Left and top of the square that a person is drawn in, and the face in it."""
        a, b, c, d = person.rhythm
        x = person.middle[0] + person.reach[0] * math.sin(2 * math.pi * time / 7 + a) - self._side / 2
        y = person.middle[1] + person.reach[1] * math.sin(2 * math.pi * time / 5 + b) - self._side / 2
        left = min(max(math.floor(x), 0), self.size[0] - self._side)
        top = min(max(math.floor(y), 0), self.size[1] - self._side)
        half = self._side / 2
        pose = Pose(
            roll=0.05 * math.sin(2 * math.pi * time / 4 + c),
            yaw=0.1 * math.sin(2 * math.pi * time / 3 + d),
            x=(x - left) / half,  # what is left of a whole pixel, so that people glide
            y=(y - top) / half,
            scale=HEAD,
        )
        before, now, share = self._script(person, time)
        actions = blend({now: 1.0} if before == now else {before: 1 - share, now: share})
        light = Light(background=WALL, clutter=0.0)
        return left, top, FaceParameters(person.looks.identity, actions, pose, light)

    def _script(self, person: _Person, time: float) -> tuple[str, str, float]:
        """The emotion before, the one that is played or turned to, and how far the face has turned, 0..1."""
        step, passed = divmod(time + person.ahead, self._each)
        now = person.script[int(step) % len(person.script)]
        before = person.script[(int(step) - 1) % len(person.script)] if step else now
        share = min(1.0, passed / min(TURN, self._each))
        return (now, now, 1.0) if share == 1 else (before, now, share)

    def _acted(self, person: _Person, time: float) -> Acted:
        left, top, face = self._posed(person, time)
        before, now, share = self._script(person, time)
        half, pose, who = self._side / 2, face.pose, face.identity
        unit = half * pose.scale  # half a head's height in pixels
        x, y = left + half * (1 + pose.x), top + half * (1 + pose.y)
        wide, up, down = 0.9 * who.width * unit, 0.6 * unit, (1 + 0.1 * face.actions.jaw) * unit
        box = (round(x - wide), round(y - up), round(2 * wide), round(up + down))
        return Acted(person.number, now if share >= 0.5 else before, before != now, box)
