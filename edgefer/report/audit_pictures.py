"""Faces of a dataset inside a page: each picture a small PNG, faces of one finding side by side."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import cv2
import numpy as np

from edgefer.data.audit.findings import Place
from edgefer.data.faces import FaceSet, Pixels
from edgefer.data.preprocess import resize
from edgefer.report.page import Html

# Larger faces are embedded at this many pixels, so that a page of hundreds stays small; all are shown at the second.
_LARGEST, _SHOWN = 72, 78
# Faces of one finding that are shown.
_ROW = 4


@dataclass(frozen=True)
class Exhibit:
    """One finding: the faces it is about and a remark on them, which may be empty."""

    places: Sequence[Place]
    remark: str = ""


def gallery(exhibits: Sequence[Exhibit], sets: Sequence[FaceSet]) -> Html:
    """Findings in rows that fit the page's width; under each face its place and its label."""
    faces = {one.split: one for one in sets}
    items = "".join(_item(exhibit, faces) for exhibit in exhibits)
    return Html(
        f'<ul style="display:flex;flex-wrap:wrap;gap:1.5rem 1.25rem;list-style:none;padding:0;margin:1rem 0">{items}</ul>'
    )


def _item(exhibit: Exhibit, faces: dict[str, FaceSet]) -> str:
    differ = len({place.label for place in exhibit.places}) > 1
    shown = "".join(_face(place, faces[place.split].pixels[place.position], differ) for place in exhibit.places[:_ROW])
    hidden = len(exhibit.places) - _ROW
    remarks = [*([f"and {hidden:,} more"] if hidden > 0 else []), *([exhibit.remark] if exhibit.remark else [])]
    under = f'<div class="notes" style="padding:0">{escape("; ".join(remarks))}</div>' if remarks else ""
    return f'<li><div style="display:flex;flex-wrap:wrap;gap:.4rem">{shown}</div>{under}</li>'


def _face(place: Place, face: Pixels, differ: bool) -> str:
    """A picture with its place and its label; labels that contradict each other stand out."""
    data = base64.b64encode(_png(face)).decode()
    label = f'<strong style="color:var(--ink)">{escape(place.label)}</strong>' if differ else escape(place.label)
    return (
        f'<div style="width:{_SHOWN}px"><img src="data:image/png;base64,{data}" alt="{escape(f"{place} {place.label}")}" width="{_SHOWN}" '
        f'style="display:block"><div class="notes" style="padding:0;line-height:1.3">{escape(place.split)}<br>{place.position}<br>{label}'
        "</div></div>"
    )


def _png(face: Pixels) -> bytes:
    height, width = face.shape[:2]
    scale = min(_LARGEST / max(height, width), 1)
    # OpenCV takes colours from blue to red.
    picture = np.ascontiguousarray(face[..., ::-1] if face.ndim == 3 else face)
    small = resize(picture, max(1, round(height * scale)), max(1, round(width * scale)))
    return bytes(cv2.imencode(".png", small, (cv2.IMWRITE_PNG_COMPRESSION, 9))[1])
