"""The parts of a drawn face. Each function paints one into a float32 picture `[H, W]`, in place.

Both sides of the face are painted at once: `abs(x)` folds the right half onto the left.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from edgefer.data.demo_paint import (
    Grid,
    Plane,
    band,
    between,
    blob,
    ellipse,
    inside,
    paint,
    ripple,
    roundness,
    shade,
    unit,
)

if TYPE_CHECKING:
    from edgefer.data.demo_face import FaceParameters, Hand


def head(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Hair behind the head, neck, clothes, ears, and the skin, darker towards its rim."""
    who = face.identity
    if who.long_hair > 0:
        radii = (who.width * 1.28, 1.12)
        paint(picture, ellipse(at.x, at.y, (0, 0.1 + 0.5 * who.long_hair), radii, at.edge), who.hair * 0.9)
    body = at.band(0.55, 9, 9)
    if body.x.size:
        side = np.abs(body.x)
        neck = inside(side - who.width * 0.62, at.edge)
        neck *= inside(0.55 - body.y, at.edge)
        paint(picture[body.rows], neck, who.skin * 0.72)
        clothes = inside(np.maximum(1.06 + 0.2 * side * side, 1.45 - 1.2 * side) - body.y, at.edge)
        paint(picture[body.rows], clothes, who.clothes)
    ears = at.band(who.eye_height - 0.04, who.eye_height + 0.36, 1)
    ear = ellipse(np.abs(ears.x), ears.y, (who.width * 0.99, who.eye_height + 0.16), (0.1, 0.2), at.edge)
    paint(picture[ears.rows], ear, who.skin * 0.82)
    below = np.maximum(at.y, 0)
    narrow = at.x * (1 + who.jaw * below * below)
    drop = 1 + 0.1 * max(face.actions.jaw, 0)
    radius = roundness(narrow, at.y, (0, 0), (who.width, drop))
    tone = np.minimum(radius, 1)
    tone *= tone
    tone *= -0.3 * who.skin
    tone += 1.04 * who.skin
    np.sqrt(radius, out=radius)
    radius -= 1
    paint(picture, inside(radius, at.edge / who.width), tone)


def skin_lines(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Sockets, cheeks, chin, beard, and the lines that an expression draws into the skin."""
    who, acts = face.identity, face.actions
    cheek, raised = max(acts.cheek, 0), max(acts.inner_brow, 0) + max(acts.outer_brow, 0)
    upper = at.band(-0.8, who.eye_height + 0.2)
    picture_up, side = picture[upper.rows], np.abs(upper.x)
    shade(picture_up, blob(side, upper.y, (who.eye_distance * 0.9, who.eye_height - 0.06), (0.34, 0.26)), -0.24)
    if raised > 0.1:
        middle = who.eye_height - who.brow_height - 0.2
        lines = blob(upper.x, upper.y, (0, middle), (0.42, 0.24))
        lines *= ripple((upper.y - middle) * 9)
        shade(picture_up, lines, -0.3 * min(raised, 1.5))
    lower = at.band(who.eye_height, 1.1)
    picture_low, side, y = picture[lower.rows], np.abs(lower.x), lower.y
    shade(picture_low, blob(side, y, (0.42, 0.26 - 0.08 * cheek), (0.24, 0.2)), 0.07 + 0.13 * cheek)
    shade(picture_low, blob(lower.x, y, (0, who.mouth_height + 0.2 + 0.2 * max(acts.jaw, 0)), (0.26, 0.12)), -0.16)
    if who.beard:
        growth = blob(lower.x, y, (0, 0.78), (0.75, 0.62))
        np.sqrt(growth, out=growth)
        growth *= who.beard
        paint(picture_low, growth, who.hair + 0.08)
    # From the wings of the nose past the corners of the mouth.
    top = who.eye_height + who.nose_length - 0.06
    along = unit((y - top) * (1 / (who.mouth_height - top + 0.06)))
    start, end = who.nose_width + 0.06, who.mouth_width * (1 + 0.3 * acts.stretch) + 0.12
    fold = band(side - start - (end - start) * along, 0.02, at.edge + 0.03)
    fold *= along * (1 - along)
    depth = 0.3 * who.folds + 0.32 * max(cheek, acts.upper_lip, acts.nose_wrinkle)
    shade(picture_low, fold, -4 * depth)


def nose(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Bridge, tip, wings and nostrils; wrinkled across the bridge in disgust."""
    who, wrinkle = face.identity, max(face.actions.nose_wrinkle, 0)
    tip = who.eye_height + who.nose_length - 0.05 * wrinkle
    at = at.band(who.eye_height - 0.2, tip + 0.18, 0.25)
    picture = picture[at.rows]
    x = at.x - face.pose.yaw * 0.12  # it stands out of the face
    side, y = np.abs(x), at.y
    wide = who.nose_width * (1 + 0.2 * wrinkle)
    shade(picture, blob(x, y, (0, tip - 0.2), (0.09, 0.3)), 0.17)
    shade(picture, blob(side, y, (0.13, tip - 0.2), (0.07, 0.28)), -0.16)
    shade(picture, blob(x, y, (0, tip - 0.03), (0.1, 0.09)), 0.16)
    shade(picture, blob(x, y, (0, tip + 0.08), (wide * 1.3, 0.09)), -0.26)
    shade(picture, blob(side, y, (wide * 1.08, tip - 0.01), (0.06, 0.09)), -0.25 - 0.25 * wrinkle)
    shade(picture, ellipse(side, y, (wide * 0.55, tip + 0.035), (wide * 0.36, 0.035), at.edge + 0.01), -0.6)
    if wrinkle:
        lines = blob(x, y, (0, who.eye_height + 0.06), (0.2, 0.24))
        lines *= ripple((y - 0.45 * side) * 10)
        shade(picture, lines, -0.9 * wrinkle)


def mouth(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Lips between curves over the mouth's width, the dark inside, teeth and tongue."""
    who, acts = face.identity, face.actions
    jaw, raised, press = max(acts.jaw, 0), max(acts.upper_lip, 0), min(max(acts.press, 0), 1)
    smile = max(acts.corner, 0)
    at = at.band(who.mouth_height - 0.35, who.mouth_height + 0.2 + 0.4 * jaw, 0.5)
    picture, x, y = picture[at.rows], at.x, at.y
    half = who.mouth_width * (1 + 0.32 * acts.stretch + 0.12 * smile)
    t2 = x * (1 / half)
    t2 *= t2
    np.minimum(t2, 1, out=t2)
    lens = 1 - t2
    within = inside(np.abs(x) - half, at.edge)
    bend = 0.17 * acts.corner + who.mouth_bend
    line = who.mouth_height + 0.45 * bend - 0.02 * raised - bend * t2
    gap_up = 0.03 * jaw + 0.085 * raised + 0.035 * smile * min(jaw * 4, 1)
    gap_down = 0.34 * jaw + 0.05 * raised
    top, bottom = line - gap_up * lens, line + gap_down * np.sqrt(lens)
    thick = who.lip_thickness * (1 - 0.72 * press) * (1 - 0.25 * smile)
    bow = lens * (0.75 + 0.55 * np.minimum(t2, 0.3))  # the upper lip dips in its middle
    lips = between(y, top - thick * bow, bottom + 1.1 * thick * lens, at.edge)
    lips *= within
    paint(picture, lips, who.skin * who.lips)
    gap = gap_up + gap_down
    if gap > 0.01:
        hole = between(y, top, bottom, at.edge)
        hole *= within
        paint(picture, hole, 0.07)
        # A dropped jaw alone hides the teeth; lifted or stretched lips bare them.
        bared = min(0.11, gap_up + 0.25 * gap_down + 0.04 * max(acts.stretch, 0))
        teeth = inside(y - top - bared * np.minimum(lens * 3, 1), at.edge)
        teeth *= hole
        teeth *= 0.9 - 0.35 * min(max(2 * jaw - 1, 0), 1)
        paint(picture, teeth, 0.9)
        if jaw > 0.3:
            tongue = blob(x, y, (0, who.mouth_height + gap_down * 0.95), (half * 0.75, gap_down * 0.55))
            tongue *= hole
            paint(picture, tongue, who.skin * 0.55)
    if gap < 0.08:
        seam = band(y - line, 0.016, at.edge)
        seam *= within
        seam *= 0.9 - 11 * gap
        paint(picture, seam, who.skin * 0.28)
    corner = (half + 0.02, who.mouth_height - 0.55 * bend)
    shade(picture, blob(np.abs(x), y, corner, (0.07, 0.07)), -0.3 - 0.15 * abs(acts.corner))


def eyes(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """White, iris and pupil between two lid curves, the lashes, the crease above and the bag below."""
    who, acts = face.identity, face.actions
    half = who.eye_size
    at = at.band(who.eye_height - 1.2 * half - 0.1, who.eye_height + half + 0.1)
    picture, y = picture[at.rows], at.y
    ex = np.abs(at.x) - who.eye_distance
    t = ex * (1 / half)
    lens = t * t
    np.minimum(lens, 1, out=lens)
    np.subtract(1, lens, out=lens)
    level = who.eye_height - 0.02 * t  # outer corners sit a little higher
    up = max(half * (0.46 + 0.34 * acts.eye_open - 0.06 * max(acts.brow_lower, 0)), 0.012)
    down = max(half * (0.34 - 0.24 * acts.lower_lid - 0.12 * acts.cheek + 0.06 * acts.eye_open), 0.0)
    upper, lower = level - up * lens, level + down * lens
    within = inside(np.abs(ex) - half, at.edge)
    eye = between(y, upper, lower, at.edge)
    eye *= within
    paint(picture, eye, 0.38 + 0.55 * who.skin)
    facing = np.sign(at.x)
    facing *= ex
    facing -= face.gaze * 0.3 * half
    centre = who.eye_height - 0.02 * half
    radius = np.sqrt(roundness(facing, y, (0, centre), (half * 0.47, half * 0.47)))
    radius -= 1
    iris = inside(radius, at.edge / (half * 0.47))
    iris *= eye
    paint(picture, iris, who.iris)
    radius += 0.53
    pupil = inside(radius, at.edge / (half * 0.47))
    pupil *= eye
    paint(picture, pupil, 0.03)
    glint = blob(facing, y, (-0.16 * half, centre - 0.18 * half), (half * 0.2, half * 0.2))
    glint *= eye
    paint(picture, glint, 0.95)
    lash = band(y - upper, 0.018, at.edge)
    lash *= within
    paint(picture, lash, min(who.skin * 0.25, 0.14))
    for curve, depth in (
        (y - upper + (0.065 - 0.02 * acts.eye_open), -0.25),
        (y - lower, -0.3 - 0.15 * max(acts.lower_lid, 0)),
        (y - lower - 0.07, -0.12 - 0.2 * max(acts.lower_lid, acts.cheek, 0)),
    ):
        crease = band(curve, 0.014, at.edge + 0.01)
        crease *= within
        shade(picture, crease, depth)


def brows(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Two tapering strokes; drawn together they crease the skin between them."""
    who, acts = face.identity, face.actions
    lower = acts.brow_lower
    base = who.eye_height - who.brow_height + 0.09 * lower + 0.03 * max(acts.nose_wrinkle, 0)
    at = at.band(base - 0.35, base + 0.3)
    picture, side, y = picture[at.rows], np.abs(at.x), at.y
    half = who.eye_size * 1.3
    t = side - (who.eye_distance - 0.055 * lower)
    t *= 1 / half
    arch = t * t
    outer = t * 0.5
    outer += 0.5
    slope = 0.17 * acts.inner_brow - 0.15 * acts.outer_brow - 0.13 * lower + who.brow_tilt
    curve = slope * outer
    curve += 0.05 * arch
    curve += base - 0.17 * acts.inner_brow - 0.03 + 0.08 * lower
    taper = who.brow_thickness * np.maximum(1 - 0.55 * outer - 0.25 * arch, 0.05)
    stroke = between(y, curve - taper, curve + taper, at.edge)
    stroke *= inside(np.abs(t) - 1, at.edge / half)
    stroke *= 0.9
    paint(picture, stroke, min(who.hair, who.skin * 0.6))
    if lower > 0.05:
        crease = band(side - 0.06, 0.014, at.edge + 0.01)
        crease *= blob(at.x, y, (0, base + 0.02), (0.2, 0.19))
        shade(picture, crease, -0.75 * min(lower, 1.2))


def hair(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """What falls over the forehead and beside the face, in strands."""
    who = face.identity
    at = at.band(-1.2, who.hairline + 0.9, 1)
    if not at.x.size:
        return
    x, y = at.x, at.y
    strands = ripple(x * 7 + y * 1.5)
    outline = roundness(x, y, (0, -0.12), (who.width * 1.1, 1.0))
    np.sqrt(outline, out=outline)
    outline -= 1
    line = 0.75 * x * x
    line += who.parting * x
    line += 0.1 * strands
    covered = inside(y - line - who.hairline, at.edge)
    covered *= inside(outline, at.edge / who.width)
    strands *= 0.5 * who.hair
    strands += who.hair * (0.9 + 0.15 * x)
    paint(picture[at.rows], covered, strands)


def glasses(picture: Plane, at: Grid, face: FaceParameters) -> None:
    """Two rims with slightly milky lenses, and the bridge."""
    who = face.identity
    at = at.band(who.eye_height - 0.25, who.eye_height + 0.3)
    picture, side = picture[at.rows], np.abs(at.x)
    radius = np.sqrt(roundness(side, at.y, (who.eye_distance, who.eye_height + 0.03), (0.25, 0.21)))
    radius -= 1
    edge, tone = at.edge / 0.21, 0.45 * (1 - who.glasses)
    lenses = inside(radius, edge)
    lenses *= 0.12
    paint(picture, lenses, 0.75)
    paint(picture, band(radius, 0.09, edge), tone)
    bridge = band(at.y - who.eye_height, 0.02, at.edge)
    bridge *= inside(side - (who.eye_distance - 0.25), at.edge)
    paint(picture, bridge, tone)


def hand(picture: Plane, at: Grid, hand: Hand) -> None:
    """Three fingers side by side, darker towards their rims."""
    step, length = 0.42 * hand.size, 0.55 + 0.3 * hand.size
    soft = length * at.edge / step  # a blurred finger fades along its length
    at = at.band(hand.y + 0.3 - length - soft, hand.y + 0.5 + length + soft, 1.8)
    if not at.x.size:
        return
    x = at.x - hand.x - hand.lean * (at.y - hand.y)
    for index in (-1, 0, 1):
        along = x - index * step
        finger = ellipse(along, at.y, (0, hand.y + 0.35 + 0.05 * abs(index)), (step * 0.56, length), at.edge)
        along *= 1 / step
        along *= along
        paint(picture[at.rows], finger, hand.tone * (1.05 - 0.9 * along))
