import pytest
import torch
from torch.nn import functional as F

from edgefer.distill.augment import mix, render, sampling_grid
from edgefer.recipe import AugmentSection

ALL = AugmentSection(rotate=20, scale=0.2, shift=0.1, light=0.3, erase=1.0)


def faces(count: int = 16) -> torch.Tensor:
    return torch.randint(0, 256, (count, 1, 48, 48), dtype=torch.uint8, generator=torch.Generator().manual_seed(3))


def test_a_view_is_the_same_whenever_it_is_rendered():
    first, again = render(faces(), ALL, 5, 2), render(faces(), ALL, 5, 2)
    assert torch.equal(first.faces, again.faces)
    assert torch.equal(first.flips, again.flips)
    for other in (render(faces(), ALL, 5, 3), render(faces(), ALL, 6, 2)):
        assert not torch.equal(first.faces, other.faces)


def test_a_face_has_the_same_view_in_a_larger_set():
    small, large = render(faces(16)[:4], ALL, 0, 0), render(faces(16)[:4].repeat(600, 1, 1, 1), ALL, 0, 0)
    assert torch.equal(small.faces, large.faces[:4])


def test_flips_alone_move_no_grey_level():
    section = AugmentSection(flip=True)
    view = render(faces(64), section, 0, 0)
    assert section.only_flips
    assert 10 < int(view.flips.sum()) < 54
    expected = torch.where(view.flips[:, None, None, None], faces(64).flip(3), faces(64))
    assert torch.equal(view.faces, expected)


def test_nothing_asked_is_nothing_done():
    view = render(faces(), AugmentSection(flip=False), 0, 0)
    assert torch.equal(view.faces, faces())
    assert not view.flips.any()


def test_a_mirrored_affine_view_is_the_mirror_image():
    section = AugmentSection(flip=True, shift=1e-9)
    view = render(faces(32), section, 0, 0)
    expected = torch.where(view.flips[:, None, None, None], faces(32).flip(3), faces(32)).float()
    assert (view.faces.float() - expected).abs().max() <= 1


@pytest.mark.parametrize(
    ("change", "value"), [("rotate", 20.0), ("scale", 0.2), ("shift", 0.2), ("light", 0.3), ("erase", 1.0)]
)
def test_each_knob_changes_faces(change: str, value: float):
    section = AugmentSection(flip=False, **{change: value})
    assert not section.only_flips
    view = render(faces(), section, 0, 0)
    changed = (view.faces != faces()).flatten(1).any(1)
    assert changed.float().mean() > 0.9
    assert view.faces.dtype == torch.uint8


def test_rotation_turns_a_bar_and_shift_moves_a_dot():
    bar = torch.zeros(64, 1, 48, 48, dtype=torch.uint8)
    bar[:, :, 23:25] = 255
    turned = render(bar, AugmentSection(flip=False, rotate=45), 0, 0).faces.float()
    rows_lit = (turned.amax(3) > 100).sum((1, 2))
    assert rows_lit.max() > 20
    dot = torch.zeros(64, 1, 48, 48, dtype=torch.uint8)
    dot[:, :, 22:26, 22:26] = 255
    moved = render(dot, AugmentSection(flip=False, shift=0.25), 0, 0).faces.float()
    columns = (moved.sum((1, 2)) * torch.arange(48)).sum(1) / moved.sum((1, 2, 3))
    assert 6 < (columns - 23.5).abs().max() <= 12.5


def test_pixels_are_taken_from_where_torch_takes_them():
    rows = torch.randn(5, 2, 3, generator=torch.Generator().manual_seed(0))
    found = sampling_grid(rows[:, 0].unbind(1), rows[:, 1].unbind(1), 40, 56)
    assert torch.allclose(found, F.affine_grid(rows, [5, 1, 40, 56], align_corners=False), atol=1e-5)


def test_share_leaves_the_other_faces_alone():
    view = render(faces(200), AugmentSection(flip=False, rotate=30, share=0.25), 0, 0)
    changed = (view.faces != faces(200)).flatten(1).any(1).float().mean()
    assert 0.1 < changed < 0.4


def test_erasing_hides_one_square():
    blank = torch.full((64, 1, 48, 48), 7, dtype=torch.uint8)
    hidden = (render(blank, AugmentSection(flip=False, erase=1.0), 0, 0).faces != 7).flatten(1).sum(1)
    assert hidden.max() <= (0.42 * 48 + 1) ** 2
    assert hidden.median() > 36


def test_mixup_blends_faces_and_targets_alike():
    pixels, targets = torch.rand(4, 1, 2, 2), torch.eye(4)
    mixed, blended = mix(pixels, targets, 0.75)
    assert torch.allclose(mixed[1], 0.75 * pixels[1] + 0.25 * pixels[0])
    assert torch.allclose(blended.sum(1), torch.ones(4))
    assert blended[1].tolist() == [0.25, 0.75, 0.0, 0.0]
