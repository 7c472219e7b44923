"""Near duplicates: one photograph twice, re-encoded, shifted, zoomed, relit, watermarked or mirrored.

Candidates are pictures whose perceptual hashes are near each other. Faces that only look alike have near hashes too, so
every candidate is verified on its pixels: both thumbnails lose the coarse light that faces share, then one is laid over
the other at three zooms and every shift up to an eighth of the face, and the best normalised correlation counts.

Radius and threshold were chosen on the 30,763 distinct pictures of FER2013's Training and PublicTest, by looking at
contact sheets. Of 90 pairs drawn from each step of correlation, so many were not one photograph but two: about half at
0.84-0.86, a dozen at 0.86-0.88, five at 0.88-0.89, at most one at 0.89-0.90, none at 0.90-0.91. There is a valley just
below the threshold: 211 pairs at 0.82-0.84, then 140, 158, 212, and from 0.90 on 484, 923, 1264, 1394, 635.
What the hashes miss is known from 1,500 faces that were laid over all others without them: of 602 pairs above the
threshold, hashes of the plain window find 52 % within a radius of 10, and 67 % within 14 at the price of 600,000
candidates; those of all windows find 77 % within 10, which is a twin for 84 % of the faces that have one, with 88,000
candidates. So of photographs what is found is right, and about a quarter of the pairs is not found. Faces drawn by one
pen can pass without being copies: 8 pairs do among the 3,710 demo faces.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from edgefer.console import progress
from edgefer.data.audit.phash import WINDOWS, blocks, hashes, within
from edgefer.data.faces import Pixels

RADIUS = 10
THRESHOLD = 0.9

_ZOOMS = (1.06, 1 / 1.06)
# Pixels of a 32 px thumbnail by which it may be shifted.
_SHIFT = 4
# No pair that passes at some zoom was below this without one.
_PROMISING = 0.55
# Standard deviations of the blurs whose difference is compared, in pixels of a thumbnail.
_FINE, _COARSE = 0.6, 3.0
# Detail is scaled to this spread, grey levels; what has less than the second in its middle says nothing.
_SPREAD, _FLAT = 40.0, 5.0
_STEP = 4096

Detail = npt.NDArray[np.uint8]


@dataclass(frozen=True)
class Twins:
    """Pairs of near duplicates, by `first`, then by `second`; each pair once.

    first, second: int64 `[n]`, positions among the pictures, first < second. correlation: float32 `[n]`,
    `THRESHOLD`..1. mirrored: bool `[n]`, whether one is the mirror image of the other.
    """

    first: npt.NDArray[np.int64]
    second: npt.NDArray[np.int64]
    correlation: npt.NDArray[np.float32]
    mirrored: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.first)


def find_twins(thumbs: Pixels) -> Twins:
    """Near duplicates among different pictures, uint8 `[N, 32, 32]` thumbnails; the time grows with N squared."""
    first, second, mirrored = _candidates(thumbs)
    correlation = _verify(_detail(thumbs), first, second, mirrored)
    # A symmetric face may pass both as it is and mirrored: the better one stands first and is kept.
    order = np.lexsort((-correlation, second, first))
    order = order[correlation[order] >= THRESHOLD]
    _, best = np.unique(first[order] * len(thumbs) + second[order], return_index=True)
    kept = order[best]
    return Twins(first[kept], second[kept], correlation[kept], mirrored[kept])


def _candidates(thumbs: Pixels) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.bool_]]:
    """Pairs with near hashes: first, second, int64 `[n]`, and whether mirrored, bool `[n]`; by second, then first."""
    count = len(thumbs)
    plain = hashes(thumbs)
    found = [np.empty(0, np.int64)]
    with progress("comparing hashes, blocks", 2 * len(WINDOWS) * blocks(count)) as step:
        for mirrored in (0, 1):
            for window in WINDOWS:
                for pairs in within(hashes(thumbs, window, bool(mirrored)), plain, RADIUS):
                    found.append((pairs[:, 1] * 2 + mirrored) * count + pairs[:, 0])
                    step(1, "")
    rest, first = np.divmod(np.unique(np.concatenate(found)), max(count, 1))
    return first, rest // 2, rest % 2 == 1


def _verify(
    detail: Detail,
    first: npt.NDArray[np.int64],
    second: npt.NDArray[np.int64],
    mirrored: npt.NDArray[np.bool_],
) -> npt.NDArray[np.float32]:
    """The best correlation of each pair, float32 `[n]`, 0..1."""
    correlation = np.zeros(len(first), np.float32)
    seen: tuple[int, bool] | None = None
    stamps: list[Detail] = []
    with progress("comparing pictures, pairs", len(first)) as step:
        for place, (one, other, turned) in enumerate(
            zip(first.tolist(), second.tolist(), mirrored.tolist(), strict=True)
        ):
            if seen != (other, turned):
                seen, stamps = (other, turned), _stamps(detail[other][:, ::-1] if turned else detail[other])
            correlation[place] = _correlate(detail[one], stamps)
            if place % _STEP == _STEP - 1 or place == len(first) - 1:
                step(place % _STEP + 1, "")
    return correlation


def _correlate(face: Detail, stamps: list[Detail]) -> float:
    import cv2

    best = 0.0
    for stamp in stamps:
        best = max(best, float(cv2.matchTemplate(face, stamp, cv2.TM_CCOEFF_NORMED).max()))
        if best < _PROMISING:
            break
    return min(best, 1.0)


def _stamps(detail: Detail) -> list[Detail]:
    """The middle of a face at every zoom, as it is first; none when there is nothing to see in it."""
    import cv2

    side = detail.shape[0] - 2 * _SHIFT
    plain = np.ascontiguousarray(detail[_SHIFT:-_SHIFT, _SHIFT:-_SHIFT])
    if plain.std() < _FLAT:
        return []
    source = np.ascontiguousarray(detail)
    stamps = [plain]
    for zoom in _ZOOMS:
        corner = (detail.shape[0] - side * zoom) / 2 + (zoom - 1) / 2
        matrix = np.array([[zoom, 0, corner], [0, zoom, corner]], np.float32)
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        stamps.append(np.asarray(cv2.warpAffine(source, matrix, (side, side), flags=flags), np.uint8))
    return stamps


def _detail(thumbs: Pixels) -> Detail:
    """Each thumbnail without its coarse light, uint8 `[N, S, S]` around 128."""
    import cv2

    detail = np.empty(thumbs.shape, np.uint8)
    for place, thumb in enumerate(thumbs):
        values = thumb.astype(np.float32)
        band = cv2.GaussianBlur(values, (0, 0), _FINE) - cv2.GaussianBlur(values, (0, 0), _COARSE)
        detail[place] = np.clip(128 + _SPREAD / max(float(band.std()), 1e-3) * band, 0, 255)
    return detail
