import numpy as np
import pytest
import torch

from edgefer.card import InputSpec
from edgefer.data.faces import FaceSet
from edgefer.data.preprocess import network_input
from edgefer.distill.batches import epoch_batches, fit, planes
from edgefer.emotions import FER2013

CPU = torch.device("cpu")


def face_set(shape: tuple[int, ...]) -> FaceSet:
    pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    import cv2

    pixels = np.stack([cv2.GaussianBlur(face, (5, 5), 0) for face in pixels])
    return FaceSet("x", "Training", FER2013, pixels, np.zeros(len(pixels), np.int64), "x")


@pytest.mark.parametrize("shape", [(3, 48, 48), (3, 96, 96), (3, 48, 48, 3), (3, 100, 100, 3)])
@pytest.mark.parametrize(
    "spec",
    [
        InputSpec(height=48, width=48),
        InputSpec(height=64, width=64, channels=3, mean=(0.5,) * 3, std=(0.2,) * 3),
    ],
)
def test_training_sees_what_inference_sees_to_a_grey_level(shape: tuple[int, ...], spec: InputSpec):
    faces = face_set(shape)
    trained = fit(planes(faces, CPU).float(), spec).numpy()
    inferred = network_input(faces.pixels, spec)
    assert trained.shape == inferred.shape
    assert np.abs(trained - inferred).max() <= 1


def test_colour_stays_colour_for_a_colour_network():
    faces = face_set((2, 48, 48, 3))
    spec = InputSpec(height=48, width=48, channels=3, colour="rgb", mean=(0.5,) * 3, std=(0.2,) * 3)
    assert np.array_equal(fit(planes(faces, CPU).float(), spec).numpy(), network_input(faces.pixels, spec))


def test_an_epoch_is_the_same_every_time_and_visits_each_face_once():
    first = [batch.rows for batch in epoch_batches(103, 10, 1, 4, CPU, 0.0)]
    again = [batch.rows for batch in epoch_batches(103, 10, 1, 4, CPU, 0.0)]
    other = [batch.rows for batch in epoch_batches(103, 10, 1, 5, CPU, 0.0)]
    assert all(torch.equal(a, b) for a, b in zip(first, again, strict=True))
    assert not torch.equal(torch.cat(first), torch.cat(other))
    rows = torch.cat(first)
    assert len(rows) == 100
    assert len(rows.unique()) == 100


def test_an_epoch_sets_dropouts_random_source():
    list(epoch_batches(20, 10, 0, 3, CPU, 0.0))
    one = torch.rand(3)
    list(epoch_batches(20, 10, 0, 3, CPU, 0.0))
    assert torch.equal(one, torch.rand(3))


def test_mixup_weights_lie_between_the_faces():
    weights = [batch.mix_weight for batch in epoch_batches(1000, 10, 0, 0, CPU, 0.5)]
    assert all(0 <= weight <= 1 for weight in weights)
    assert len(set(weights)) == 100
    assert {batch.mix_weight for batch in epoch_batches(100, 10, 0, 0, CPU, 0.0)} == {1.0}
