from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgefer.data.demo_expression import EXPRESSIONS, REST, Actions, blend
from edgefer.data.demo_face import FaceParameters, Hand, Identity, Light, Pose, draw_face
from edgefer.errors import DataError

PLAIN = FaceParameters()


def _changed(before: FaceParameters, after: FaceParameters, size: int = 96) -> np.ndarray:
    """How much each pixel differs, `[size, size]`."""
    return np.abs(draw_face(before, size).astype(int) - draw_face(after, size).astype(int))


def test_a_picture_is_gray_and_of_the_size_asked_for():
    picture = draw_face(PLAIN, 61)
    assert (picture.shape, picture.dtype) == ((61, 61), np.uint8)


@pytest.mark.parametrize("size", [15, 2049])
def test_sizes_out_of_reason_are_refused(size):
    with pytest.raises(DataError, match=f"{size} px"):
        draw_face(PLAIN, size)


def test_the_same_face_is_the_same_at_every_size():
    small, large = draw_face(PLAIN, 48).astype(float), draw_face(PLAIN, 192).astype(float)
    shrunk = large.reshape(48, 4, 48, 4).mean((1, 3))
    assert np.abs(small - shrunk).mean() < 2
    assert np.corrcoef(small.ravel(), shrunk.ravel())[0, 1] > 0.99


def test_a_face_looking_ahead_is_symmetric():
    bald = replace(PLAIN, light=Light(clutter=0), identity=Identity(hairline=-2))
    picture = draw_face(bald, 96).astype(int)
    uneven = np.abs(picture - picture[:, ::-1]) > 1
    assert 0 < uneven[30:60].sum() < 100  # the light is mirrored at the left of either pupil
    assert uneven[:30].sum() + uneven[60:].sum() == 0


@pytest.mark.parametrize(
    ("action", "rows"),
    [
        ("inner_brow", (0.05, 0.45)),
        ("outer_brow", (0.05, 0.45)),
        ("brow_lower", (0.1, 0.5)),
        ("eye_open", (0.3, 0.6)),
        ("lower_lid", (0.35, 0.65)),
        ("nose_wrinkle", (0.2, 0.9)),
        ("corner", (0.6, 0.95)),
        ("stretch", (0.6, 0.95)),
        ("press", (0.6, 0.95)),
        ("jaw", (0.6, 1.0)),
        ("upper_lip", (0.5, 0.95)),
        ("cheek", (0.35, 0.95)),
    ],
)
def test_an_action_moves_its_part_of_the_face(action, rows):
    change = _changed(PLAIN, replace(PLAIN, actions=Actions(**{action: 1.0}))).sum(1)
    top, bottom = (round(share * 96) for share in rows)
    assert change.sum() > 500
    assert change[top:bottom].sum() > 0.95 * change.sum()


def test_a_smile_and_a_frown_bend_the_mouth_opposite_ways():
    def corner_row(actions: Actions) -> float:
        """Where the darkest pixel stands in the column through a corner of the mouth."""
        return float(np.argmin(draw_face(replace(PLAIN, actions=actions), 192)[120:175, 72]))

    assert corner_row(Actions(corner=1)) < corner_row(REST) < corner_row(Actions(corner=-1))


def test_pose_moves_the_whole_face():
    # A shift by exactly eight pixels: what was drawn there is drawn here.
    even = replace(PLAIN, light=Light(clutter=0))
    still, moved = draw_face(even, 96), draw_face(replace(even, pose=Pose(x=8 / 48, y=-4 / 48)), 96)
    np.testing.assert_allclose(moved[:-4, 8:].astype(int), still[4:, :-8].astype(int), atol=1)


def test_a_quarter_turn_turns_the_picture():
    even = replace(PLAIN, light=Light(clutter=0), pose=Pose(scale=0.6))
    turned = replace(even, pose=Pose(scale=0.6, roll=np.pi / 2))
    # Clockwise, as np.rot90 with k = -1.
    difference = np.abs(np.rot90(draw_face(even, 96), -1).astype(int) - draw_face(turned, 96))
    assert (difference > 2).mean() < 0.01


def test_yaw_moves_the_nose_further_than_the_outline():
    change = _changed(PLAIN, replace(PLAIN, pose=Pose(yaw=0.2)))
    assert change[30:80, 30:66].mean() > 5 * change[30:80, :10].mean()


def test_light_and_noise():
    bright, dark = (draw_face(replace(PLAIN, light=Light(gamma=gamma))).mean() for gamma in (0.6, 1.6))
    assert bright > dark + 20
    lit = draw_face(replace(PLAIN, light=Light(across=0.5))).astype(int) - draw_face(PLAIN)
    assert lit[:, :16].mean() < -5 < 5 < lit[:, 32:].mean()
    grainy = replace(PLAIN, light=Light(noise=0.05), grain=1)
    np.testing.assert_array_equal(draw_face(grainy), draw_face(grainy))
    assert (draw_face(grainy) != draw_face(replace(grainy, grain=2))).mean() > 0.8
    assert 9 < (draw_face(grainy).astype(int) - draw_face(PLAIN)).std() < 15  # 0.05 of 255 is 12.75


def test_defocus_takes_detail_away():
    def detail(face: FaceParameters) -> float:
        return float(np.abs(np.diff(draw_face(face, 96).astype(int), axis=0)).max())

    assert detail(replace(PLAIN, light=Light(defocus=0.06))) < 0.7 * detail(PLAIN)


def test_what_hides_a_face():
    hidden = _changed(PLAIN, replace(PLAIN, hand=Hand(x=0, y=0.5)))
    assert hidden[60:90, 40:56].mean() > 10 * max(hidden[:30].mean(), 0.1)
    worn = _changed(PLAIN, replace(PLAIN, identity=Identity(glasses=1)))
    assert worn[30:60].mean() > 5
    assert worn[62:].max() == 0


def test_every_extreme_still_gives_a_picture():
    for emotion in EXPRESSIONS:
        for variant in EXPRESSIONS[emotion]:
            strong = REST.plus(variant, 2.5)
            face = FaceParameters(actions=strong, pose=Pose(roll=2.0, yaw=0.6, pitch=-0.5, x=1.5, y=-1.4, scale=0.3))
            assert draw_face(face).shape == (48, 48)


def test_blend_mixes_by_any_of_an_emotions_names():
    assert blend({}) == REST
    assert blend({"happiness": 1}) == EXPRESSIONS["happy"][0]
    half = blend({"happy": 0.5, "surprise": 0.5})
    assert half.jaw == pytest.approx((EXPRESSIONS["happy"][0].jaw + EXPRESSIONS["surprise"][0].jaw) / 2)


@pytest.mark.parametrize(("name", "words"), [("contempt", "cannot show 'contempt'"), ("hapy", "did you mean 'happy'")])
def test_blend_refuses_what_it_cannot_show(name, words):
    with pytest.raises(DataError, match=words):
        blend({name: 1})


def test_a_face_detector_finds_drawn_faces(shared):
    """So that synthetic pictures and videos can drive the camera loop with the real detector."""
    import cv2

    model = shared / "models" / "face_detection_yunet_2026may.onnx"
    detector = cv2.FaceDetectorYN.create(str(model), "", (240, 240), 0.7)
    for emotion in EXPRESSIONS:
        face = draw_face(replace(PLAIN, actions=blend({emotion: 1}), pose=Pose(scale=0.6)), 240)
        _, found = detector.detect(cv2.cvtColor(face, cv2.COLOR_GRAY2BGR))
        assert found is not None
        assert len(found) == 1
        x, y, width, height = found[0, :4]
        assert abs(x + width / 2 - 120) < 15
        assert abs(y + height / 2 - 120) < 40
