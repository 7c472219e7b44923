"""Remove convolution taps that only ever meet padding. Exact: same logits, less than half of a ResEmoteNet's weights.

At 40..71 px input, ResEmoteNet's last block sees a 2x2 map. Its stride-2 3x3 convolution then touches 4 of 9 taps and
the next one, on a 1x1 map, only its centre; the others have gradient zero and can never matter.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn


def trim(body: nn.Module, channels: int, height: int, width: int) -> nn.Module:
    """A copy of `body` (in evaluation mode) without the taps that are dead for inputs `[N, channels, height, width]`.

    The result is only valid for that size. Convolutions with dilation, or whose living taps would need uneven padding,
    are kept as they are.
    """
    result = copy.deepcopy(body).eval()
    seen: dict[str, tuple[int, int]] = {}
    names = {module: name for name, module in result.named_modules() if isinstance(module, nn.Conv2d)}

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        seen[names[module]] = (arguments[0].shape[2], arguments[0].shape[3])  # type: ignore[index]

    handles = [module.register_forward_pre_hook(note) for module in names]
    device = next(result.parameters()).device
    with torch.no_grad():
        result(torch.zeros(1, channels, height, width, device=device))
    for handle in handles:
        handle.remove()
    for name, size in seen.items():
        convolution = result.get_submodule(name)
        assert isinstance(convolution, nn.Conv2d)
        parent, _, leaf = name.rpartition(".")
        setattr(result.get_submodule(parent), leaf, _without_dead_taps(convolution, size))
    return result


def _without_dead_taps(convolution: nn.Conv2d, size: tuple[int, int]) -> nn.Conv2d:
    if convolution.dilation != (1, 1) or isinstance(convolution.padding, str):
        return convolution
    spans, padding = [], []
    for axis in (0, 1):
        kernel, stride, pad = convolution.kernel_size[axis], convolution.stride[axis], convolution.padding[axis]
        span = _living(size[axis], kernel, stride, pad)
        outputs = (size[axis] + 2 * pad - kernel) // stride + 1
        before = pad - span.start
        after = (outputs - 1) * stride + len(span) - size[axis] - before
        if before < 0 or after > before or (size[axis] + 2 * before - len(span)) // stride + 1 != outputs:
            return convolution
        spans.append(span)
        padding.append(before)
    rows, columns = spans
    if (len(rows), len(columns)) == tuple(convolution.kernel_size):
        return convolution
    smaller = nn.Conv2d(
        convolution.in_channels,
        convolution.out_channels,
        (len(rows), len(columns)),
        stride=(convolution.stride[0], convolution.stride[1]),
        padding=(padding[0], padding[1]),
        groups=convolution.groups,
        bias=convolution.bias is not None,
    ).to(convolution.weight)
    with torch.no_grad():
        smaller.weight.copy_(convolution.weight[:, :, rows.start : rows.stop, columns.start : columns.stop])
        if convolution.bias is not None and smaller.bias is not None:
            smaller.bias.copy_(convolution.bias)
    return smaller


def _living(size: int, kernel: int, stride: int, pad: int) -> range:
    """Taps along one axis that meet at least one real value; they are always neighbours."""
    outputs = (size + 2 * pad - kernel) // stride + 1
    alive = [tap for tap in range(kernel) if any(0 <= out * stride - pad + tap < size for out in range(outputs))]
    return range(alive[0], alive[-1] + 1)
