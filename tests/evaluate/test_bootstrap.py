from __future__ import annotations

import numpy as np
import pytest

from edgefer.evaluate import metrics
from edgefer.evaluate.bootstrap import RESAMPLES, Interval, intervals, paired_differences, redraws
from edgefer.evaluate.calibration_error import reliability


@pytest.fixture
def sample():
    """Truth, predictions and confidence of 300 faces of four emotions, the third without faces."""
    random = np.random.default_rng(2)
    truth = random.choice([0, 1, 3], 300, p=[0.7, 0.25, 0.05])
    predicted = np.where(random.random(300) < 0.6, truth, random.integers(0, 4, 300))
    return truth, predicted, 0.3 + 0.7 * random.random(300)


def test_each_resample_has_as_many_faces_of_each_emotion(sample):
    truth = sample[0]
    rows = np.concatenate(list(redraws(truth)))
    assert rows.shape == (RESAMPLES, 300)
    drawn = np.sort(truth[rows], axis=1)
    assert (drawn == np.sort(truth)).all()


def test_every_face_is_drawn_as_often_as_the_others_of_its_emotion(sample):
    truth = sample[0]
    counts = np.bincount(np.concatenate(list(redraws(truth))).ravel(), minlength=300)
    # Each face is drawn 1,000 times on average, give or take 32.
    assert counts.min() > 850
    assert counts.max() < 1150


def test_blocks_do_not_change_the_draw(sample, monkeypatch):
    whole = np.concatenate(list(redraws(sample[0])))
    monkeypatch.setattr("edgefer.evaluate.bootstrap._BLOCK", 7 * 300)
    blocks = list(redraws(sample[0]))
    assert len(blocks[0]) == 7
    np.testing.assert_array_equal(np.concatenate(blocks), whole)


def test_intervals_are_those_of_a_loop_over_resamples(sample):
    truth, predicted, confidence = sample
    rows = np.concatenate(list(redraws(truth)))
    accuracy, balanced, f1, error, recall = [], [], [], [], []
    for row in rows:
        confusion = metrics.confusion_matrix(truth[row], predicted[row], 4)
        scores = metrics.emotion_scores(confusion)
        accuracy.append(metrics.accuracy(confusion))
        balanced.append(metrics.mean_of([score.recall for score in scores]))
        f1.append(metrics.mean_of([score.f1 for score in scores]))
        error.append(reliability(confidence[row], truth[row] == predicted[row]).error)
        recall.append(scores[1].recall)
    found = intervals(truth, predicted, confidence, 4)
    for interval, values in (
        (found.accuracy, accuracy),
        (found.balanced_accuracy, balanced),
        (found.macro_f1, f1),
        (found.calibration_error, error),
        (found.recall[1], recall),
    ):
        assert (interval.low, interval.high) == pytest.approx(np.percentile(values, (2.5, 97.5)), abs=1e-12)
    assert found.recall[2] is None


def test_the_width_is_that_of_the_binomial_distribution():
    truth = np.zeros(400, np.int64)
    predicted = (np.arange(400) % 4 == 0).astype(np.int64)
    found = intervals(truth, predicted, np.full(400, 0.75), 2).accuracy
    deviation = (0.75 * 0.25 / 400) ** 0.5
    assert (found.low, found.high) == pytest.approx((0.75 - 1.96 * deviation, 0.75 + 1.96 * deviation), abs=0.006)


def test_the_same_answers_have_the_same_intervals_and_another_seed_others(sample):
    assert intervals(*sample, 4) == intervals(*sample, 4)
    assert intervals(*sample, 4) != intervals(*sample, 4, seed=1)


def test_paired_differences_are_those_of_resampled_faces(sample):
    truth = sample[0]
    random = np.random.default_rng(3)
    first, second = random.random(300) < 0.7, random.random(300) < 0.6
    found = paired_differences(truth, first, second, 4)
    change = second.astype(int) - first
    drawn = np.stack([change[row] for row in np.concatenate(list(redraws(truth, seed=9)))])
    for emotion in (0, 1):
        ours = Interval.of(found[:, emotion])
        theirs = Interval.of(np.where(truth[np.concatenate(list(redraws(truth, seed=9)))] == emotion, drawn, 0).sum(1))
        assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=2.1)
    assert found[:, 0].mean() == pytest.approx(change[truth == 0].sum(), abs=1)
    assert (found[:, 2] == 0).all()


def test_equal_models_differ_nowhere(sample):
    right = sample[0] == sample[1]
    assert (paired_differences(sample[0], right, right, 4) == 0).all()
