import pytest
import torch

from edgefer.card import InputSpec
from edgefer.distill.numerics import bf16_is_sound
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
