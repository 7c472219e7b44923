"""Where half precision may be used."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn

from edgefer.card import InputSpec
from edgefer.console import say
from edgefer.recipe import Recipe


def computes_in_bf16(recipe: Recipe, body: nn.Module, spec: InputSpec, device: torch.device) -> bool:
    """Whether a run computes in bfloat16: where its recipe wants it and it is sound; says so where it is not."""
    wanted = recipe.train.precision == "bf16"
    if wanted and recipe.qat:
        say(f"{recipe.name}: float32 instead of bf16, which would round more coarsely than the INT8 it is to simulate")
        return False
    sound = wanted and bf16_is_sound(body, spec, device)
    if wanted and not sound:
        say(f"{recipe.name}: float32 instead of bf16, whose gradients on this CPU are wrong at {spec.width} pixels")
    return sound


def align_gradients(parameters: Iterable[nn.Parameter]) -> None:
    """Give every gradient the strides of its parameter; the values stay.

    They differ where a side is 1 (weights of 1x1 convolutions, channels last), and fused optimisers on a GPU then refuse:
    pytorch/pytorch issues 106951 and 126585.
    """
    for value in parameters:
        gradient = value.grad
        if gradient is None or gradient.stride() == value.stride():
            continue
        strides = zip(value.shape, gradient.stride(), value.stride(), strict=True)
        if all(size == 1 or one == other for size, one, other in strides):
            value.grad = gradient.as_strided(value.shape, value.stride())
        else:
            value.grad = torch.empty_like(value, requires_grad=False).copy_(gradient)


def bf16_is_sound(body: nn.Module, spec: InputSpec, device: torch.device) -> bool:
    """Whether bfloat16 gradients of `body` can be trusted on `device`.

    On a CPU (torch 2.13, oneDNN) the weight gradient of a strided convolution over a map one pixel wide holds
    uninitialised memory where the kernel meets padding alone. A ResEmoteNet has such a map below 40 pixels.
    """
    if device.type != "cpu":
        return True
    narrow = []

    def look(module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
        assert isinstance(module, nn.Conv2d)
        narrow.append(inputs[0].shape[3] == 1 and module.stride != (1, 1) and module.kernel_size != (1, 1))

    handles = [module.register_forward_pre_hook(look) for module in body.modules() if isinstance(module, nn.Conv2d)]
    training = body.training
    try:
        with torch.no_grad():
            body.eval()(torch.zeros((1, *spec.shape), device=device))
    finally:
        body.train(training)
        for handle in handles:
            handle.remove()
    return not any(narrow)
