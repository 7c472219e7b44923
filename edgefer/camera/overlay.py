"""Draws what was read onto a copy of the frame: boxes, labels, bars of probabilities, speed."""

from __future__ import annotations

from dataclasses import dataclass

from edgefer.camera.frame import Picture
from edgefer.camera.opencv import quiet
from edgefer.camera.reading import FaceReading, FrameReading, counted
from edgefer.data.preprocess import Box

Colour = tuple[int, int, int]

# BGR; light enough that dark text stands on them.
COLOURS: dict[str, Colour] = {
    "anger": (90, 90, 255),
    "disgust": (90, 200, 120),
    "fear": (230, 140, 200),
    "happy": (60, 215, 255),
    "sad": (255, 170, 90),
    "surprise": (80, 165, 255),
    "neutral": (200, 200, 200),
    "contempt": (200, 200, 110),
}
OTHER: Colour = (200, 200, 200)
INK: Colour = (25, 25, 25)
PAPER: Colour = (245, 245, 245)
# Pixels at 480 rows.
ROW, NAME_WIDTH, BAR_WIDTH, PAD = 18, 68, 76, 4


@dataclass(frozen=True)
class _Pen:
    """Sizes in pixels, grown with the picture; 1 at 480 rows."""

    scale: float

    def px(self, size: float) -> int:
        return max(1, round(size * self.scale))


def draw(reading: FrameReading) -> Picture:
    """A copy of the reading's frame, uint8 `[H, W, 3]` BGR, with everything drawn on it."""
    picture: Picture = reading.frame.picture.copy()
    pen = _Pen(max(0.6, min(picture.shape[0] / 480, picture.shape[1] / 640)))
    by_size = sorted(reading.faces, key=lambda face: -face.box[2] * face.box[3])
    taken = [face.box for face in by_size]
    for face in by_size:
        # Bars never cover another face or other bars: in a crowd only faces with free space beside them get some.
        area = _free_beside(picture, face, pen, taken)
        if area is None and len(by_size) == 1:
            area = _corner(picture, face, pen)
        if area:
            _bars(picture, face, area, pen)
            taken.append(area)
    for face in reversed(by_size):
        _box(picture, face, pen)
    _text(picture, status(reading), (pen.px(6), pen.px(6)), pen, PAPER, INK)
    return picture


def status(reading: FrameReading) -> str:
    """Speed, and for live sources how old the picture is and how many were dropped."""
    parts = [f"{reading.fps:.1f} fps"] if reading.fps else []
    if reading.age_ms is not None:
        parts += [f"age {reading.age_ms:.0f} ms", f"dropped {reading.frame.dropped}"]
    return "  ".join([*parts, counted(len(reading.faces), "face")])


def _box(picture: Picture, face: FaceReading, pen: _Pen) -> None:
    x, y, width, height = face.box
    colour = COLOURS.get(face.label, OTHER)
    quiet().rectangle(picture, (x, y), (x + width, y + height), colour, pen.px(2))
    number = f"{face.track}: " if face.track is not None else ""
    text = f"{number}{face.label} {face.score:.0%}"
    _, high = _size(text, pen)
    top = y - high if y >= high else y + height
    _text(picture, text, (x, top), pen, INK, colour)


def _free_beside(picture: Picture, face: FaceReading, pen: _Pen, taken: list[Box]) -> Box | None:
    """Where the bars of a face fit: right, left, below or above its box; None where something is everywhere."""
    x, y, box_width, box_height = face.box
    width, height = _panel_size(face, pen)
    gap, plate = pen.px(6), pen.px(26)
    rows, columns = picture.shape[:2]
    level, middle = max(0, min(y, rows - height)), max(0, min(x, columns - width))
    corners = (
        (x + box_width + gap, level),
        (x - gap - width, level),
        (middle, y + box_height + gap),
        (middle, y - plate - height),
    )
    for left, top in corners:
        inside = left >= 0 and top >= 0 and left + width <= columns and top + height <= rows
        if inside and not any(_touch((left, top, width, height), other) for other in taken):
            return left, top, width, height
    return None


def _corner(picture: Picture, face: FaceReading, pen: _Pen) -> Box | None:
    """Lower right corner, for a face that fills the picture; None where even that is too small."""
    width, height = _panel_size(face, pen)
    top, left = picture.shape[0] - height, picture.shape[1] - width
    return (left, top, width, height) if top >= 0 and left >= 0 else None


def _panel_size(face: FaceReading, pen: _Pen) -> tuple[int, int]:
    width = pen.px(NAME_WIDTH) + pen.px(BAR_WIDTH) + 3 * pen.px(PAD)
    return width, pen.px(ROW) * len(face.probabilities) + 2 * pen.px(PAD)


def _touch(a: Box, b: Box) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


def _bars(picture: Picture, face: FaceReading, area: Box, pen: _Pen) -> None:
    """A panel of one row an emotion; a full bar is a probability of 1."""
    cv2 = quiet()
    left, top, width, height = area
    row, pad = pen.px(ROW), pen.px(PAD)
    panel = picture[top : top + height, left : left + width]
    panel //= 3  # light text stands on any picture
    x = left + 2 * pad + pen.px(NAME_WIDTH)
    for index, (name, probability) in enumerate(face.probabilities.items()):
        y = top + pad + index * row
        place = (left + pad, y + round(row * 0.72))
        cv2.putText(picture, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42 * pen.scale, PAPER, pen.px(1), cv2.LINE_AA)
        edge = x + max(1, round(pen.px(BAR_WIDTH) * probability))
        cv2.rectangle(picture, (x, y + pad), (edge, y + row - pad // 2 - 1), COLOURS.get(name, OTHER), cv2.FILLED)


def _size(text: str, pen: _Pen) -> tuple[int, int]:
    cv2 = quiet()
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * pen.scale, pen.px(1))
    return width + 2 * pen.px(4), height + base + 2 * pen.px(2)


def _text(picture: Picture, text: str, corner: tuple[int, int], pen: _Pen, ink: Colour, paper: Colour) -> None:
    """Text on a plate whose left upper corner is at `corner`, moved into the picture."""
    cv2 = quiet()
    width, height = _size(text, pen)
    x = max(0, min(corner[0], picture.shape[1] - width))
    y = max(0, min(corner[1], picture.shape[0] - height))
    cv2.rectangle(picture, (x, y), (x + width - 1, y + height - 1), paper, cv2.FILLED)
    base = y + height - pen.px(2) - round(height * 0.2)
    cv2.putText(
        picture, text, (x + pen.px(4), base), cv2.FONT_HERSHEY_SIMPLEX, 0.5 * pen.scale, ink, pen.px(1), cv2.LINE_AA
    )
