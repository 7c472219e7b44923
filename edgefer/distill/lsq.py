"""Convolutions that compute as INT8 will, and learn their scales: LSQ (Esser et al., arXiv 1902.08153).

The form is that of `edgefer.quantize.int8`: symmetric on both sides, one scale a tensor for what comes in and one a
channel for weights, steps -128..127 and -127..127. Everything stays float32; only the values lie on the steps.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn

MOST = 127
LEAST_INPUT, LEAST_WEIGHT = -128, -127


class Int8Conv2d(nn.Conv2d):
    """A convolution in simulated INT8 with the very parameters of `source`, and scales as further parameters.

    weight_scale: float32 `[O, 1, 1, 1]`. input_scale: a scalar; a convolution with a `lead` takes in the same tensor as
    that one, and shares its scale. What counts is a scale's magnitude, so that no step of training makes it impossible.
    """

    def __init__(self, source: nn.Conv2d, input_scale: float, weight_scale: Tensor, lead: Int8Conv2d | None) -> None:
        assert isinstance(source.padding, tuple)
        super().__init__(
            source.in_channels,
            source.out_channels,
            source.kernel_size,  # type: ignore[arg-type]
            source.stride,  # type: ignore[arg-type]
            source.padding,  # type: ignore[arg-type]
            source.dilation,  # type: ignore[arg-type]
            source.groups,
            source.bias is not None,
            source.padding_mode,
            device="meta",
        )
        self.weight, self.bias = source.weight, source.bias
        self.weight_scale = nn.Parameter(weight_scale.detach().clone().reshape(-1, 1, 1, 1))
        # In a tuple the lead is no part of this module, and its scale is listed once.
        self._lead = () if lead is None else (lead,)
        if lead is None:
            self.input_scale = nn.Parameter(torch.tensor(input_scale))

    def scales(self) -> tuple[Tensor, Tensor]:
        """Of what comes in, a scalar, and of the weights, `[O, 1, 1, 1]`; both above 0."""
        shared = self._lead[0] if self._lead else self
        least = torch.finfo(torch.float32).tiny
        return shared.input_scale.abs().clamp_min(least), self.weight_scale.abs().clamp_min(least)

    def forward(self, values: Tensor) -> Tensor:
        """float32 `[N, I, H, W]` -> float32 `[N, O, H', W']`."""
        input_scale, weight_scale = self.scales()
        values = quantised(values, input_scale, LEAST_INPUT, values[0].numel())
        weights = quantised(self.weight, weight_scale, LEAST_WEIGHT, self.weight[0].numel())
        return self._conv_forward(values, weights, self.bias)


def quantised(values: Tensor, scale: Tensor, least: int, count: int) -> Tensor:
    """Values on the nearest of the steps `least`..127 times `scale`, halves to the even one, as ONNX says.

    scale: broadcast over the values. count: how many values of a face, or weights, share a scale: LSQ divides a scale's
    gradient by the root of 127 times as many, so that scales learn at about the rate of weights.
    """
    result: Tensor = _Quantise.apply(values, scale, least, 1 / math.sqrt(count * MOST))
    return result


class _Quantise(torch.autograd.Function):
    """Rounding passes gradients through to the values inside the steps' reach; LSQ's equation 3 gives the scale's."""

    @staticmethod
    def forward(context: Any, values: Tensor, scale: Tensor, least: int, gain: float) -> Tensor:
        ratio = values / scale
        context.save_for_backward(ratio, scale)
        context.least, context.gain = least, gain
        return ratio.round().clamp(least, MOST) * scale

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, None, None]:
        ratio, scale = context.saved_tensors
        inside = (ratio >= context.least) & (ratio <= MOST)
        slope = torch.where(inside, ratio.round() - ratio, ratio.clamp(context.least, MOST))
        for_scale = (gradients[0] * slope).sum_to_size(scale.shape) * context.gain
        return gradients[0] * inside, for_scale, None, None
