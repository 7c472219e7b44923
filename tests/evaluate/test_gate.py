from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import CheckFailed, UsageError
from edgefer.evaluate.comparison import compare
from edgefer.evaluate.gate import judge
from tests.evaluate.stubs import answers


def fallen(lost_of_anger, lost_of_fear=0):
    """200 faces of anger and 40 of fear, all right before, some lost after."""
    truth = np.repeat([0, 1], [200, 40])
    after = truth.copy()
    after[:lost_of_anger] = 2
    after[200 : 200 + lost_of_fear] = 2
    return compare(answers(truth, truth), answers(truth, after))


def test_a_fall_of_just_the_limit_passes_and_one_face_more_does_not():
    assert judge(fallen(14), max_class_drop=7).passed
    assert judge(fallen(15), max_class_drop=7).failures == (
        "anger fell by 7.50 points, from 100.0% to 92.5% (at most 7 allowed)",
    )


def test_accuracy_has_a_limit_of_its_own():
    assert judge(fallen(12), max_drop=5).passed
    verdict = judge(fallen(13), max_drop=5)
    assert verdict.failures == ("accuracy fell by 5.42 points, from 100.0% to 94.6% (at most 5 allowed)",)


def test_a_small_emotion_fails_where_the_whole_holds_and_the_worst_is_named_first():
    verdict = judge(fallen(4, 6), max_drop=5, max_class_drop=1)
    assert [failure.split()[0] for failure in verdict.failures] == ["fear", "anger"]
    with pytest.raises(
        CheckFailed, match=r"stub fp32 \(stub\) falls too far below stub fp32 \(stub\): fear fell by 15"
    ):
        verdict.check()


def test_a_gain_never_fails():
    truth = np.repeat([0, 1], 10)
    found = compare(answers(truth, np.zeros(20, int)), answers(truth, truth))
    judge(found, 0, 0).check()


def test_few_faces_get_a_note_with_their_interval_and_many_do_not():
    (note,) = judge(fallen(4, 6), max_class_drop=50).notes
    assert note.startswith(
        "fear has 40 faces, so one face is 2.5 points; its change of -15.0 has a 95 % interval of -27.5"
    )
    assert judge(fallen(4, 6), max_drop=50).notes == ()


def test_an_emotion_without_faces_is_not_judged():
    assert judge(fallen(0), max_class_drop=0).passed


@pytest.mark.parametrize("limits", [(-0.5, None), (None, 101), (float("nan"), None)])
def test_a_limit_is_a_number_of_points(limits):
    with pytest.raises(UsageError, match="is no number of percentage points"):
        judge(fallen(0), *limits)


def test_few_faces_that_did_not_change_have_no_interval_to_tell():
    (note,) = judge(fallen(4), max_class_drop=50).notes
    assert note == "fear has 40 faces, so one face is 2.5 points; none of them changed between right and wrong"
