from __future__ import annotations

import numpy as np
import pytest

from edgefer.errors import DataError
from edgefer.evaluate import metrics


def test_confusion_counts_true_by_predicted():
    truth, predicted = np.array([0, 0, 1, 2]), np.array([0, 1, 1, 0])
    expected = [[1, 1, 0], [0, 1, 0], [1, 0, 0]]
    assert metrics.confusion_matrix(truth, predicted, 3).tolist() == expected


def test_confusion_refuses_lists_of_different_length():
    with pytest.raises(DataError, match="shape"):
        metrics.confusion_matrix(np.array([0, 1]), np.array([0]), 2)


def test_scores_of_a_matrix_worked_out_by_hand():
    # 8 of 10 a's found, 2 called b; 4 of 5 b's found, 1 called a.
    first, second = metrics.emotion_scores(np.array([[8, 2], [1, 4]]))
    assert (first.faces, first.recall, first.precision) == (10, 0.8, pytest.approx(8 / 9))
    assert first.f1 == pytest.approx(2 * 8 / (10 + 9))
    assert (second.recall, second.precision) == (0.8, pytest.approx(4 / 6))


def test_an_emotion_without_faces_has_no_recall_and_is_left_out_of_means():
    scores = metrics.emotion_scores(np.array([[3, 1, 0], [0, 0, 0], [0, 0, 2]]))
    assert (scores[1].faces, scores[1].recall, scores[1].f1) == (0, None, None)
    assert scores[1].precision == 0
    assert metrics.mean_of([score.recall for score in scores]) == pytest.approx((0.75 + 1) / 2)


def test_an_emotion_never_predicted_has_recall_0_and_no_precision():
    score = metrics.emotion_scores(np.array([[3, 0], [2, 0]]))[1]
    assert (score.recall, score.f1, score.precision) == (0, 0, None)


def test_negative_log_likelihood_of_known_probabilities():
    probabilities = np.array([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]])
    logits = (np.log(probabilities) + 7).astype(np.float32)
    expected = -(np.log(0.25) + np.log(0.8)) / 2
    assert metrics.negative_log_likelihood(logits, np.array([1, 1])) == pytest.approx(expected, rel=1e-5)


def test_negative_log_likelihood_survives_huge_logits():
    assert metrics.negative_log_likelihood(np.array([[5000.0, -5000.0]], np.float32), np.array([0])) == 0


def test_brier_of_known_probabilities():
    logits = np.log([[0.5, 0.25, 0.25], [0.1, 0.8, 0.1]]).astype(np.float32) - 2
    by_hand = ((0.5**2 + 0.75**2 + 0.25**2) + (0.1**2 + 0.2**2 + 0.1**2)) / 2
    assert metrics.brier(logits, np.array([1, 1])) == pytest.approx(by_hand, rel=1e-6)
    assert metrics.brier(np.array([[4000.0, -4000.0]], np.float32), np.array([1])) == 2
