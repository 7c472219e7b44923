"""What an audit found, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

# Faces whose gray levels spread less than this show nothing: the two such of FER2013 that are not constant (0.6 and
# 4.1) are an empty gray and an empty dark square, and the next (9.1) is a dim face.
BLANK = 5.0
# Mean gray levels: faces below the first or above the second are hard to read.
DARK, BRIGHT = 50.0, 200.0
# Width of a bar of the brightness histogram, gray levels.
BAR = 8


@dataclass(frozen=True)
class Place:
    """Where a face stands. position: from 0, in its split."""

    split: str
    position: int
    label: str

    def __str__(self) -> str:
        return f"{self.split} {self.position}"


@dataclass(frozen=True)
class Group:
    """Faces that are the same picture to the pixel, two or more; those of Training first."""

    places: tuple[Place, ...]

    @property
    def labels(self) -> tuple[str, ...]:
        """The different labels, in the order of the places."""
        return tuple(dict.fromkeys(place.label for place in self.places))

    @property
    def splits(self) -> tuple[str, ...]:
        """The different splits, in the order of the places."""
        return tuple(dict.fromkeys(place.split for place in self.places))


@dataclass(frozen=True)
class Pair:
    """Two near duplicates. Where a picture stands at several places, the first of them.

    correlation: of their details, 0..1. mirrored: whether one is the mirror image of the other.
    """

    first: Place
    second: Place
    correlation: float
    mirrored: bool


@dataclass(frozen=True)
class Blank:
    """A face that shows nothing. spread: standard deviation of its gray levels, 0 when it is constant."""

    place: Place
    spread: float


@dataclass(frozen=True)
class Light:
    """Brightness of some faces, gray levels 0..255. mean, spread: of the faces' mean levels; None without faces.

    dark, bright: share of faces whose mean is below `DARK` or above `BRIGHT`, 0..1.
    """

    faces: int
    mean: float | None
    spread: float | None
    dark: float
    bright: float


@dataclass(frozen=True)
class Split:
    """One split. sha256: hash of its face set. light: of all; classes: by emotion, every emotion of the dataset.

    histogram: faces by mean level, 32 bars of 8 gray levels.
    """

    sha256: str
    light: Light
    classes: Mapping[str, Light]
    histogram: tuple[int, ...]


@dataclass(frozen=True)
class Audit:
    """The findings on one dataset.

    splits: Training first, then in official order. identical: groups of equal pictures, the largest first. near: pairs
    of near duplicates, those across splits first, then by falling correlation. blanks: by place. warnings: coverage
    and brightness in words. near_excluded: whether near duplicates across splits are on the exclusion list.
    exclude: split -> position -> why that face is left out.
    """

    dataset: str
    source: str
    emotions: tuple[str, ...]
    size: tuple[int, int]
    splits: Mapping[str, Split]
    identical: tuple[Group, ...]
    near: tuple[Pair, ...]
    blanks: tuple[Blank, ...]
    warnings: tuple[str, ...]
    near_excluded: bool
    exclude: Mapping[str, Mapping[int, str]] = field(default_factory=dict)

    @property
    def faces(self) -> int:
        """Faces of all splits."""
        return sum(split.light.faces for split in self.splits.values())

    @property
    def conflicts(self) -> tuple[Group, ...]:
        """Groups of equal pictures with different labels."""
        return tuple(group for group in self.identical if len(group.labels) > 1)

    @property
    def leaks(self) -> tuple[Group, ...]:
        """Groups of equal pictures that stand in several splits."""
        return tuple(group for group in self.identical if len(group.splits) > 1)

    @property
    def near_leaks(self) -> tuple[Pair, ...]:
        """Near duplicates of different splits."""
        return tuple(pair for pair in self.near if pair.first.split != pair.second.split)
