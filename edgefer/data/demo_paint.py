"""Painting by functions of position: each shape is a coverage in 0..1 over a grid of pixel centres.

Edges are as wide as one pixel or as the defocus, whichever is wider, so a shape looks the same at every size. Only
additions, multiplications, divisions and square roots touch the pixels: IEEE 754 fixes their results, and the same
face comes out of every NumPy on every machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

# float32 throughout; numpy's annotations call what Python floats have touched float64.
Plane = npt.NDArray[np.floating[Any]]
Point = tuple[float, float]


@dataclass(frozen=True)
class Grid:
    """Pixel centres in head units: the head reaches from y = -1 (crown) to 1 (chin), x grows to the right.

    x, y: float32 `[H, W]`. edge: width of a sharp edge in head units. rows: which rows of the picture they are.
    origin, down, across: a point's row in the picture is `origin + down * y + across * x`, give or take `slack`.
    """

    x: Plane
    y: Plane
    edge: float
    rows: slice
    origin: float
    down: float
    across: float
    slack: float

    def band(self, top: float, bottom: float, reach: float = 0.75) -> Grid:
        """The rows that hold everything from `top` to `bottom` within `reach` of the middle line."""
        margin = abs(self.across) * reach + self.slack
        upper, lower = sorted((self.origin + self.down * top, self.origin + self.down * bottom))
        first = max(int(upper - margin), 0)
        last = max(int(lower + margin) + 1, first)
        rows = slice(first, last)
        return Grid(self.x[rows], self.y[rows], self.edge, rows, self.origin, self.down, self.across, self.slack)

    def turned(self, yaw: float, pitch: float, slope: float) -> Grid:
        """The grid on the front of the head, which bulges: it moves further than the outline when the head turns.

        yaw, pitch: sines of small angles, right and down. slope: how much lower the right side sits.
        """
        x = self.x - yaw * (0.5 - 0.55 * self.x * self.x)
        y = self.y - pitch * (0.4 - 0.35 * self.y * self.y)
        y += slope * x
        slack = self.slack + abs(self.down) * (0.4 * abs(pitch) + abs(slope)) + abs(self.across) * 0.5 * abs(yaw)
        return replace(self, x=x, y=y, slack=slack)


@lru_cache(maxsize=8)
def axis(size: int) -> Plane:
    """Pixel centres from -1 to 1 along a picture's side, float32 `[size]`, read-only."""
    centres = (np.arange(size, dtype=np.float32) + 0.5) * (2 / size) - 1
    centres.setflags(write=False)
    return centres


def head_grid(size: int, roll: float, shift: Point, scale: float, defocus: float) -> Grid:
    """The grid of a `size` x `size` picture of a head rolled by `roll` radians (clockwise).

    shift: the head's centre, in half pictures, right and down of the picture's. scale: half a head's height in half
    pictures. defocus: width of the blur as a fraction of the picture's side.
    """
    u, v = (axis(size) - shift[0])[None, :], (axis(size) - shift[1])[:, None]
    cosine, sine = math.cos(roll), math.sin(roll)
    x = cosine / scale * u + sine / scale * v
    y = cosine / scale * v - sine / scale * u
    half = size / 2
    origin, down, across = half * (shift[1] + 1), half * scale * cosine, half * scale * sine
    blur = max(1.0, defocus * size)  # in pixels
    return Grid(x, y, blur / (half * scale), slice(0, size), origin, down, across, blur)


def unit(values: Plane) -> Plane:
    """Clip to 0..1 in place."""
    return values.clip(0, 1, out=values)


def inside(distance: Plane, edge: float) -> Plane:
    """Coverage of the region where a signed distance is negative, its border `edge` wide."""
    covered = distance * (-1 / edge)
    covered += 0.5
    return unit(covered)


def band(distance: Plane, half: float, edge: float) -> Plane:
    """Coverage of what lies within `half` of a curve; a line thinner than the edge fades instead of widening."""
    near = np.abs(distance)
    near -= half
    covered = inside(near, edge)
    if 2 * half < edge:
        covered *= 4 * half / (edge + 2 * half)
    return covered


def between(y: Plane, top: Plane, bottom: Plane, edge: float) -> Plane:
    """Coverage of what lies below the curve `top` and above the curve `bottom`; nothing where they cross."""
    covered = inside(top - y, edge)
    covered += inside(y - bottom, edge)
    covered -= 1
    return np.maximum(covered, 0, out=covered)


def roundness(x: Plane, y: Plane, centre: Point, radii: Point) -> Plane:
    """Squared radius in an ellipse's own measure: below 1 inside."""
    across = x - centre[0]
    across *= 1 / radii[0]
    across *= across
    down = y - centre[1]
    down *= 1 / radii[1]
    down *= down
    across += down
    return across


def ellipse(x: Plane, y: Plane, centre: Point, radii: Point, edge: float) -> Plane:
    """Coverage of an ellipse."""
    radius = roundness(x, y, centre, radii)
    np.sqrt(radius, out=radius)
    radius -= 1
    return inside(radius, edge / min(radii))


def blob(x: Plane, y: Plane, centre: Point, radii: Point) -> Plane:
    """A soft spot: 1 in the centre, smoothly 0 at the radii."""
    spot = roundness(x, y, centre, radii)
    np.subtract(1, spot, out=spot)
    np.maximum(spot, 0, out=spot)
    spot *= spot
    return spot


def ripple(position: Plane) -> Plane:
    """A triangle wave of period 1 between 0 and 0.5."""
    wave = position - np.floor(position)
    wave -= 0.5
    return np.abs(wave, out=wave)


def paint(picture: Plane, coverage: Plane, tone: Plane | float) -> None:
    """Mix a tone into the picture, in place, as far as the coverage says."""
    change = tone - picture
    change *= coverage
    picture += change


def shade(picture: Plane, coverage: Plane, amount: float) -> None:
    """Darken (amount < 0) or lighten (> 0) in place, as a share of the tone that is there. Uses up the coverage."""
    coverage *= amount
    coverage += 1
    picture *= coverage
