from __future__ import annotations

import numpy as np
import pytest

from edgefer.emotions import FER2013, RESEMOTENET
from edgefer.errors import DataError
from edgefer.evaluate.agreement import agreement, compare_logits
from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.session import Session
from tests import brightness_model, tiny_net


class Reordered(Session):
    """Another session's answers, its labels in another order."""

    backend = "reordered"

    def __init__(self, inner, labels):
        super().__init__(inner.card.but(labels=labels))
        self.inner = inner
        self.order = [inner.card.labels.index(name) for name in labels]

    def _infer(self, pixels):
        return self.inner.infer(pixels)[:, self.order]


def test_logits_compared_by_hand():
    first = np.array([[1, 0], [0, 1], [3, 2], [0, 5]], np.float32)
    second = np.array([[1, 0], [2, 1], [3, 2], [0, 5]], np.float32)
    found = compare_logits(first, second)
    assert (found.faces, found.same_label, found.max_difference, found.mean_difference) == (4, 0.75, 2, 0.25)


def test_logits_of_other_shapes_are_refused():
    with pytest.raises(DataError, match="compared"):
        compare_logits(np.zeros((2, 7), np.float32), np.zeros((2, 8), np.float32))
    with pytest.raises(DataError, match="no faces"):
        compare_logits(np.zeros((0, 7), np.float32), np.zeros((0, 7), np.float32))


def test_labels_are_matched_by_name(tmp_path):
    faces = tiny_net.faces(35)
    with OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as session:
        found = agreement(session, Reordered(session, RESEMOTENET), faces)
    assert (found.same_label, found.max_difference) == (1, 0)
    assert RESEMOTENET != FER2013


def test_different_networks_disagree_and_have_their_own_input_size(tmp_path):
    with (
        OnnxSession(brightness_model.write(tmp_path / "b.onnx"), threads=1) as first,
        OnnxSession(tiny_net.write(tmp_path / "t.onnx"), threads=1) as second,
    ):
        found = agreement(first, second, tiny_net.faces(35), batch=8)
    assert found.faces == 35
    assert found.same_label < 1
    assert found.max_difference > found.mean_difference > 0
