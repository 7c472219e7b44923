import pytest
import torch
from torch import nn

from edgefer.models.registry import build
from edgefer.models.resemotenet import count_parameters
from edgefer.models.trim import trim

TRIMMED = {
    "mini-resemotenet-a": 9_059_335,
    "mini-resemotenet-b": 2_269_703,
    "mini-resemotenet-c": 571_783,
}


def _trained_looking(body: nn.Module) -> nn.Module:
    """Batch norms with statistics of their own, as after training."""
    torch.manual_seed(1)
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_mean, -0.2, 0.2)
            nn.init.uniform_(module.running_var, 0.5, 2)
            nn.init.uniform_(module.weight, 0.5, 2)
    return body.eval()


@pytest.mark.parametrize("name", TRIMMED)
@pytest.mark.parametrize("size", [48, 64])
def test_same_logits_with_fewer_parameters(name: str, size: int):
    body = _trained_looking(build(name, channels=3, classes=7))
    smaller = trim(body, 3, size, size)
    faces = torch.randn(4, 3, size, size, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        before, after = body(faces), smaller(faces)
    assert count_parameters(smaller) == TRIMMED[name]
    assert ((before - after).abs().max() / before.abs().max()).item() < 1e-5


def test_the_teacher_keeps_45_percent():
    with torch.device("meta"):
        body = build("resemotenet", channels=3, classes=7)
    body = body.to_empty(device="cpu")
    assert count_parameters(trim(body, 3, 64, 64)) == 36_198_407


def test_nothing_is_dead_at_72_pixels():
    body = build("mini-resemotenet-c", channels=1, classes=7)
    assert count_parameters(trim(body, 1, 72, 72)) == count_parameters(body)


def test_more_is_dead_below_40_pixels():
    body = _trained_looking(build("mini-resemotenet-c", channels=1, classes=7))
    smaller = trim(body, 1, 32, 32)
    faces = torch.randn(2, 1, 32, 32, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        assert torch.allclose(body(faces), smaller(faces), rtol=1e-5, atol=1e-6)
    assert count_parameters(smaller) < 571_783


def test_a_wide_flat_input_is_trimmed_along_one_axis():
    net = nn.Sequential(nn.Conv2d(1, 2, 3, padding=1)).eval()
    smaller = trim(net, 1, 1, 9)
    row = torch.randn(1, 1, 1, 9)
    assert tuple(smaller[0].kernel_size) == (1, 3)
    assert torch.allclose(net(row), smaller(row), atol=1e-6)


def test_the_original_is_untouched():
    body = build("mini-resemotenet-c", channels=1, classes=7).train()
    trim(body, 1, 48, 48)
    assert body.training
    assert body.res_block3.conv1.weight.shape[2:] == (3, 3)
