"""Draws what was read onto a copy of the frame: boxes, labels, bars of probabilities, speed."""

from __future__ import annotations

from edgefer.camera.frame import Picture
from edgefer.camera.layout import BAR_WIDTH, NAME_WIDTH, PAD, ROW, Pen, Size, arrange
from edgefer.camera.opencv import quiet
from edgefer.camera.reading import FaceReading, FrameReading, status
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
DIM: Colour = (150, 150, 150)  # of faces that are uncertain
QUIET: Colour = (185, 185, 185)  # names of emotions that are not shown
TRACK: Colour = (70, 70, 70)  # what a bar could still fill


def draw(reading: FrameReading, note: str = "") -> Picture:
    """A copy of the reading's frame, uint8 `[H, W, 3]` BGR, with everything drawn on it; `note` stands in the corner."""
    picture: Picture = reading.frame.picture.copy()
    rows, columns = picture.shape[:2]
    pen = Pen.for_picture(rows, columns)
    words = status(reading) + (f"  {note}" if note else "")
    width, height = _size(words, pen)
    margin = pen.px(6)
    # The biggest face is the nearest: it chooses its place first, and is drawn last.
    faces = sorted(reading.faces, key=lambda face: -face.box[2] * face.box[3])
    reserved = (width + margin, height + margin)
    places = arrange(faces, (columns, rows), reserved, lambda text: _size(text, pen), pen)
    for face, place in zip(faces, places, strict=True):
        if place.panel is not None:
            _bars(picture, face, place.panel, pen)
    for face in reversed(faces):
        _box(picture, face, pen)
    for face, place in zip(reversed(faces), reversed(places), strict=True):
        colours = (DIM, INK) if face.uncertain else (INK, COLOURS.get(face.label, OTHER))
        _text(picture, place.text, place.plate[:2], pen, *colours)
    _text(picture, words, (margin, margin), pen, PAPER, INK)
    return picture


def _box(picture: Picture, face: FaceReading, pen: Pen) -> None:
    x, y, width, height = face.box
    colour, line = (DIM, pen.px(1)) if face.uncertain else (COLOURS.get(face.label, OTHER), pen.px(2))
    corners = (x, y), (x + width, y + height)
    quiet().rectangle(picture, *corners, INK, line + 2 * pen.px(1))  # an edge on pictures of the same colour
    quiet().rectangle(picture, *corners, colour, line)


def _bars(picture: Picture, face: FaceReading, area: Box, pen: Pen) -> None:
    """A panel of one row an emotion; a full bar is a probability of 1."""
    cv2 = quiet()
    left, top, width, height = area
    row, pad, full = pen.px(ROW), pen.px(PAD), pen.px(BAR_WIDTH)
    panel = picture[top : top + height, left : left + width]
    panel //= 3  # light text stands on any picture
    x = left + 3 * pad + pen.px(NAME_WIDTH)
    _stripe(picture, face, area, pen)
    for index, (name, probability) in enumerate(face.probabilities.items()):
        y = top + pad + index * row
        place = (left + 2 * pad, y + round(row * 0.76))
        ink = PAPER if name == face.emotion else QUIET
        cv2.putText(picture, name, place, cv2.FONT_HERSHEY_SIMPLEX, 0.42 * pen.scale, ink, pen.px(1), cv2.LINE_AA)
        high, low = y + pad, y + row - pad // 2 - 1
        cv2.rectangle(picture, (x, high), (x + full, low), TRACK, cv2.FILLED)
        edge = x + max(1, round(full * probability))
        cv2.rectangle(picture, (x, high), (edge, low), COLOURS.get(name, OTHER), cv2.FILLED)


def _stripe(picture: Picture, face: FaceReading, area: Box, pen: Pen) -> None:
    """The face's colour along the panel's edge that is next to it, so that nobody takes it for a neighbour's."""
    left, top, width, height = area
    right, bottom, thick = left + width - 1, top + height - 1, pen.px(3) - 1
    x, y, box_width, box_height = face.box
    if left >= x + box_width:
        edge = (left, top), (left + thick, bottom)
    elif right < x:
        edge = (right - thick, top), (right, bottom)
    elif top >= y + box_height:
        edge = (left, top), (right, top + thick)
    else:
        edge = (left, bottom - thick), (right, bottom)
    colour = DIM if face.uncertain else COLOURS.get(face.label, OTHER)
    quiet().rectangle(picture, *edge, colour, quiet().FILLED)


def _size(text: str, pen: Pen) -> Size:
    cv2 = quiet()
    (width, height), base = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, 0.5 * pen.scale, pen.px(1))
    return width + 2 * pen.px(4), height + base + 2 * pen.px(2)


def _text(picture: Picture, text: str, corner: tuple[int, int], pen: Pen, ink: Colour, paper: Colour) -> None:
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
