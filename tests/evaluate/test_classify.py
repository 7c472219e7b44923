from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import ArtifactError, UsageError
from edgefer.evaluate.choices import Tta
from edgefer.evaluate.classify import classify
from edgefer.runtime.session import softmax
from tests.evaluate.stubs import Asked, blank_faces, card


def left_heavy(pixels):
    """Logits of 7 labels: the sum of the left half, of the right half, and five zeros."""
    halves = pixels.sum(axis=(1, 2)), pixels[..., pixels.shape[3] // 2 :].sum(axis=(1, 2, 3))
    left, right = halves[0].sum(axis=1) - halves[1], halves[1]
    return np.stack([left / 100, right / 100, *[np.zeros(len(pixels))] * 5], axis=1)


def test_batches_do_not_change_the_answer():
    faces = blank_faces([0, 1, 2] * 7)
    session = Asked(card(), left_heavy)
    assert np.array_equal(classify(session, faces, batch=4), classify(session, faces, batch=64))


def test_every_batch_is_a_step_whatever_the_views():
    seen = []
    session = Asked(card(), left_heavy)
    classify(session, blank_faces([0] * 21), batch=8, step=lambda faces, note: seen.append(faces), tta=Tta.TEN_CROP)
    assert seen == [8, 8, 5]
    assert len(session.asked) == 30


def test_flip_is_the_mean_of_both_sides():
    faces = blank_faces([0, 0])
    session = Asked(card(), left_heavy)
    faces.pixels[:, 10, :5] = 20
    whole, mirrored = left_heavy(faces.pixels[:, None]), left_heavy(faces.pixels[:, None, :, ::-1])
    found = classify(session, faces, tta=Tta.FLIP)
    np.testing.assert_allclose(softmax(found), (softmax(whole) + softmax(mirrored)) / 2, rtol=1e-5)


def test_crops_are_resized_to_the_networks_input():
    session = Asked(card(size=32), left_heavy)
    classify(session, blank_faces([0], size=48), tta=Tta.TEN_CROP)
    assert {pixels.shape for pixels in session.asked} == {(1, 1, 32, 32)}


def test_columns_are_chosen_and_ordered_before_the_softmax():
    session = Asked(card(), lambda pixels: np.tile([9.0, 1, 2, 3, 4, 5, 6], (len(pixels), 1)))
    faces = blank_faces([0, 1])
    assert classify(session, faces, columns=[3, 1]).tolist() == [[3, 1]] * 2
    np.testing.assert_allclose(
        softmax(classify(session, faces, tta=Tta.FLIP, columns=[3, 1])).sum(axis=1), 1, rtol=1e-6
    )


def test_a_batch_of_none_is_refused():
    with pytest.raises(UsageError, match="batch of 0"):
        classify(Asked(card(), left_heavy), blank_faces([0]), batch=0)


@pytest.mark.parametrize("tta", list(Tta))
def test_answers_that_are_no_numbers_are_refused(tta):
    def broken(pixels):
        logits = np.zeros((len(pixels), 7))
        logits[pixels[:, 0, 0, 0] == 1, 2] = np.nan
        return logits

    with pytest.raises(ArtifactError, match="1 of 3 faces"):
        classify(Asked(card(), broken), blank_faces([0, 0, 0]), batch=2, tta=tta)
