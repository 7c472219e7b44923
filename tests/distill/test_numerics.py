import pytest
import torch
from torch import nn

from edgefer.card import InputSpec
from edgefer.distill.numerics import align_gradients, bf16_is_sound
from edgefer.models.registry import build

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("architecture", "size", "sound"),
    [("mini-resemotenet-c", 32, False), ("mini-resemotenet-c", 40, True), ("edgefer-s", 32, True)],
)
def test_maps_one_pixel_wide_before_a_stride_are_found(architecture: str, size: int, sound: bool):
    body = build(architecture, 1, 7).train()
    before = {name: value.clone() for name, value in body.state_dict().items()}
    assert bf16_is_sound(body, InputSpec(height=size, width=size), CPU) is sound
    assert bf16_is_sound(body, InputSpec(height=size, width=size), torch.device("meta"))
    assert body.training
    assert all(torch.equal(value, before[name]) for name, value in body.state_dict().items())


def test_gradients_called_sound_are_the_same_every_time():
    torch.manual_seed(0)
    body, pixels = build("mini-resemotenet-c", 1, 7).eval(), torch.rand(8, 1, 40, 40)
    gradients = []
    for filler in (1e3, 1e6, float("nan")):
        body.zero_grad(set_to_none=True)
        rubbish = [torch.full((1 << power,), filler) for power in range(8, 21)]
        del rubbish
        with torch.autocast("cpu", torch.bfloat16):
            logits = body(pixels)
        logits.float().square().mean().backward()
        gradients.append(
            {name: value.grad.clone() for name, value in body.named_parameters() if value.grad is not None}
        )
    first, *others = gradients
    assert all(torch.equal(first[name], other[name]) for other in others for name in first)


def test_gradients_get_the_strides_of_their_parameters():
    one, wide = (nn.Conv2d(3, 4, side).to(memory_format=torch.channels_last).weight for side in (1, 2))
    same, none = nn.Parameter(torch.rand(4, 3)), nn.Parameter(torch.rand(2))
    values = {value: torch.rand(value.shape) for value in (one, wide, same)}
    for value, gradient in values.items():
        value.grad = gradient.clone()
    kept, memory = same.grad, one.grad.data_ptr()
    assert one.grad.stride() != one.stride()
    assert wide.grad.stride() != wide.stride()
    align_gradients((one, wide, same, none))
    for value, gradient in values.items():
        assert value.grad.stride() == value.stride()
        assert torch.equal(value.grad, gradient)
    assert one.grad.data_ptr() == memory, "where a side is 1 nothing is copied"
    assert same.grad is kept
    assert none.grad is None
