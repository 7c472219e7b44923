"""The one definition of picture -> network input, used in training, evaluation, calibration and the camera loop.

Resizing averages areas along an axis that shrinks and interpolates linearly along one that grows, so that a 200 px
camera crop and a 48 px training face end up equally sharp.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from edgefer.errors import DataError

if TYPE_CHECKING:
    from edgefer.card import InputSpec

Box = tuple[int, int, int, int]


def resize(picture: npt.NDArray[np.uint8], height: int, width: int) -> npt.NDArray[np.uint8]:
    """Resize uint8 `[H, W]` or `[H, W, 3]` to `[height, width(, 3)]`; raises DataError for an empty picture."""
    if picture.shape[:2] == (height, width):
        return picture
    if 0 in picture.shape:
        raise DataError(f"an empty picture of shape {list(picture.shape)} has no face to resize")
    import cv2

    # In one call with both, OpenCV's area mode would sample two pixels along the axis that shrinks, and average none.
    least = min(picture.shape[0], height), min(picture.shape[1], width)
    if least != picture.shape[:2]:
        picture = np.asarray(cv2.resize(picture, least[::-1], interpolation=cv2.INTER_AREA), np.uint8)
    if least != (height, width):
        picture = np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)
    return picture


def network_input(faces: npt.NDArray[np.uint8], spec: InputSpec) -> npt.NDArray[np.float32]:
    """Faces, uint8 `[N, H, W]` gray or `[N, H, W, 3]` RGB, to float32 `[N, C, h, w]` with pixels 0..255."""
    return to_planes(faces, spec).astype(np.float32)


def to_planes(faces: npt.NDArray[np.uint8], spec: InputSpec) -> npt.NDArray[np.uint8]:
    """Like `network_input`, but still uint8: what training keeps in memory."""
    colour = faces.ndim == 4
    if spec.colour == "gray" and colour:
        faces = np.stack([gray(face) for face in faces]) if len(faces) else faces[..., 0]
    if faces.shape[1:3] != (spec.height, spec.width):
        sized = [resize(face, spec.height, spec.width) for face in faces]
        faces = np.stack(sized) if sized else np.empty((0, spec.height, spec.width, *faces.shape[3:]), np.uint8)
    if faces.ndim == 3:
        return np.repeat(faces[:, None], spec.channels, axis=1)
    return np.ascontiguousarray(faces.transpose(0, 3, 1, 2))


def gray(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """RGB uint8 `[H, W, 3]` to luma uint8 `[H, W]` (ITU-R BT.601, as PIL and OpenCV)."""
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def crop(picture: npt.NDArray[np.uint8], box: Box, margin: float) -> npt.NDArray[np.uint8]:
    """Cut the square around a face box `(x, y, width, height)` in pixels, widened by `margin` of its side on each side.

    The square is centred on the box and repeats the picture's edge where it leaves it, so a face at the border keeps
    its proportions. Returns uint8 `[S, S(, 3)]`, S at least 1; black for a box that lies outside the picture.
    """
    import cv2

    x, y, width, height = box
    side = max(1, round(max(width, height) * (1 + 2 * margin)))
    left, top = round(x + (width - side) / 2), round(y + (height - side) / 2)
    rows, columns = picture.shape[:2]
    x0, y0, x1, y1 = max(left, 0), max(top, 0), min(left + side, columns), min(top + side, rows)
    if x0 >= x1 or y0 >= y1:
        return np.zeros((side, side, *picture.shape[2:]), np.uint8)
    inside = picture[y0:y1, x0:x1]
    if inside.shape[:2] == (side, side):
        return inside
    pads = (y0 - top, top + side - y1, x0 - left, left + side - x1)
    return np.asarray(cv2.copyMakeBorder(inside, *pads, cv2.BORDER_REPLICATE), np.uint8)
