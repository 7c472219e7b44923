import pytest
import torch

from edgefer.card import InputSpec
from edgefer.data.preprocess import network_input
from edgefer.distill.teachers_input import rendered
from tests.distill.foreign import foreign

COLOURS = torch.tensor([255.0, 0.0, 102.0])[None, :, None, None].expand(2, 3, 24, 24)
GRAY = torch.full((2, 1, 24, 24), 51.0)


@pytest.mark.parametrize(
    ("changes", "faces", "expected"),
    [
        ({}, GRAY, [0.2]),
        ({"channels": 3}, GRAY, [0.2, 0.2, 0.2]),
        ({"colour": "rgb"}, COLOURS, [1.0, 0.0, 0.4]),
        ({"colour": "bgr"}, COLOURS, [0.4, 0.0, 1.0]),
        ({"colour": "rgb"}, GRAY, [0.2, 0.2, 0.2]),
        ({}, COLOURS, [88 / 255]),  # BT.601: 0.299 * 255 + 0.114 * 102 = 87.9
        ({"range": [0, 255]}, GRAY, [51.0]),
        ({"range": [-1, 1]}, GRAY, [-0.6]),
        ({"mean": [0.5], "std": [0.25]}, GRAY, [-1.2]),
        ({"range": [0, 255], "mean": [127.5], "std": [127.5]}, GRAY, [-0.6]),
        ({"colour": "bgr", "mean": [0.1, 0.2, 0.3], "std": [1, 2, 4]}, COLOURS, [0.3, -0.1, 0.175]),
    ],
)
def test_colour_range_and_normalisation(changes: dict[str, object], faces: torch.Tensor, expected: list[float]):
    given = rendered(faces, foreign("m:f", **changes))
    assert given.shape == (2, len(expected), 24, 24)
    assert torch.allclose(given, torch.tensor(expected)[:, None, None].expand_as(given), atol=1e-6)


def test_channels_stand_last_where_the_network_wants_them_there():
    given = rendered(COLOURS, foreign("m:f", colour="rgb", layout="nhwc"))
    assert given.shape == (2, 24, 24, 3)
    assert given[0, 5, 7].tolist() == pytest.approx([1.0, 0.0, 0.4])
    assert given.is_contiguous()


def test_the_size_is_that_of_the_one_preprocessing():
    faces = torch.randint(0, 256, (3, 1, 48, 48), generator=torch.Generator().manual_seed(0))
    given = rendered(faces.float(), foreign("m:f", size=64, range=[0, 255]))
    expected = network_input(faces[:, 0].numpy().astype("uint8"), InputSpec(height=64, width=64))
    assert (given - torch.from_numpy(expected)).abs().max() <= 1


def test_a_face_is_resized_and_cut_to_its_middle():
    faces = torch.rand(1, 1, 48, 48) * 255
    whole = rendered(faces, foreign("m:f", size=28))
    middle = rendered(faces, foreign("m:f", size=24, resize=28))
    assert torch.equal(middle, whole[:, :, 2:26, 2:26])
