import numpy as np
import pytest

from edgefer.errors import DataError
from edgefer.runtime.session import Array, Session, softmax
from tests.nets import card


class Counting(Session):
    """Says how bright each face is, as the logit of the first label."""

    backend = "test"
    closed = False

    def _infer(self, pixels: Array) -> Array:
        assert pixels.flags["C_CONTIGUOUS"]
        logits = np.zeros((len(pixels), 7), np.float32)
        logits[:, 0] = pixels.mean((1, 2, 3))
        return logits

    def close(self) -> None:
        self.closed = True


@pytest.mark.parametrize("shape", [(1, 48, 48), (2, 1, 48, 47), (2, 3, 48, 48)])
def test_pixels_of_another_shape_are_refused(shape: tuple[int, ...]):
    with Counting(card()) as session, pytest.raises(DataError, match=r"takes pixels \[N, 1, 48, 48\]"):
        session.infer(np.zeros(shape, np.float32))


def test_no_faces_give_no_logits():
    assert Counting(card()).infer(np.zeros((0, 1, 48, 48), np.float32)).shape == (0, 7)


def test_views_and_other_number_types_are_fine():
    pixels = np.full((48, 48, 1, 3), 9, np.uint8).transpose(3, 2, 0, 1)
    assert Counting(card()).infer(pixels)[:, 0].tolist() == [9, 9, 9]


def test_leaving_the_block_closes():
    with Counting(card()) as session:
        pass
    assert isinstance(session, Counting)
    assert session.closed


def test_softmax_survives_large_logits():
    assert softmax(np.array([[1e4, 0.0, 1e4]], np.float32)).tolist() == [[0.5, 0.0, 0.5]]
