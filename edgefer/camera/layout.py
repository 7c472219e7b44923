"""Where on a picture text and bars go, so that they cover no face and not each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgefer.camera.reading import FaceReading
from edgefer.data.preprocess import Box

# Pixels at 480 rows.
ROW, NAME_WIDTH, BAR_WIDTH, PAD, GAP = 18, 68, 76, 4, 6

Size = tuple[int, int]
Measure = Callable[[str], Size]


@dataclass(frozen=True)
class Pen:
    """Sizes in pixels, grown with the picture; 1 at 640x480."""

    scale: float

    @classmethod
    def for_picture(cls, rows: int, columns: int) -> Pen:
        return cls(max(0.6, min(rows / 480, columns / 640)))

    def px(self, size: float) -> int:
        return max(1, round(size * self.scale))


@dataclass(frozen=True)
class Place:
    """What is drawn at a face: a plate with text, and a panel of bars where there is room for one."""

    text: str
    plate: Box
    panel: Box | None


def arrange(faces: Sequence[FaceReading], size: Size, status: Size, measure: Measure, pen: Pen) -> list[Place]:
    """A place for each face; those first in `faces` choose first, and the others' text is shortened where it must be.

    size: width and height of the picture. status: those of the line in the corner, which stays free where it can.
    measure: width and height of a plate with some text.
    """
    taken = [face.box for face in faces]
    taken.append((0, 0, *status))
    plates = []
    for face in faces:
        text, plate = _label(face, size, taken, measure)
        plates.append((text, plate))
        taken.append(plate)
    places = []
    for face, (text, plate) in zip(faces, plates, strict=True):
        panel = _panel(face, plate, size, pen, taken, alone=len(faces) == 1)
        if panel is not None:
            taken.append(panel)
        places.append(Place(text, plate, panel))
    return places


def texts(face: FaceReading) -> list[str]:
    """What can stand at a face, from all to little."""
    number = "" if face.track is None else f"{face.track}: "
    if face.uncertain:
        return [f"{number}{face.emotion}", f"{number}?"]
    words = [f"{number}{face.label} {face.score:.0%}", f"{number}{face.label}"]
    return words if face.track is None else [*words, str(face.track)]


def _label(face: FaceReading, size: Size, taken: Sequence[Box], measure: Measure) -> tuple[str, Box]:
    """The longest text that is free above, below or beside the box; else the shortest, at its upper edge."""
    x, y, width, height = face.box
    for text in texts(face):
        wide, high = measure(text)
        left = max(0, min(x, size[0] - wide))
        for corner in ((left, y - high), (left, y + height), (x + width, y), (x - wide, y)):
            plate = (*corner, wide, high)
            if _inside(plate, size) and not any(_touch(plate, other) for other in taken):
                return text, plate
    wide, high = measure(text)
    return text, (max(0, min(x, size[0] - wide)), max(0, min(y, size[1] - high)), wide, high)


def _panel(face: FaceReading, plate: Box, size: Size, pen: Pen, taken: Sequence[Box], alone: bool) -> Box | None:
    """Right, left, below or above the face; a single face that fills the picture has its panel in a corner."""
    x, y, box_width, box_height = face.box
    width = pen.px(NAME_WIDTH) + pen.px(BAR_WIDTH) + 4 * pen.px(PAD)
    height = pen.px(ROW) * len(face.probabilities) + 2 * pen.px(PAD)
    gap = pen.px(GAP)
    level, middle = max(0, min(y, size[1] - height)), max(0, min(x, size[0] - width))
    top, bottom = min(y, plate[1]), max(y + box_height, plate[1] + plate[3])
    corners = (
        (x + box_width + gap, level),
        (x - gap - width, level),
        (middle, bottom + gap),
        (middle, top - gap - height),
    )
    for corner in corners:
        panel = (*corner, width, height)
        if _inside(panel, size) and not any(_touch(panel, other) for other in taken):
            return panel
    corner_panel = (size[0] - width, size[1] - height, width, height)
    return corner_panel if alone and _inside(corner_panel, size) else None


def _inside(box: Box, size: Size) -> bool:
    return box[0] >= 0 and box[1] >= 0 and box[0] + box[2] <= size[0] and box[1] + box[3] <= size[1]


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]
