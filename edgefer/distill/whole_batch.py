"""Batch norm and dropout that act on the whole batch where each of several processes holds a slice of it.

torch has a SyncBatchNorm for CUDA alone, and no such dropout. These two are plain tensor code, the same on any device.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.distill.parallel import own_slice, summed
from edgefer.ranks import rank, world


def join_batches(body: nn.Module) -> None:
    """Let the batch norms and dropouts inside `body` see whole batches while it trains; alone, leave it as it is."""
    if world() == 1:
        return
    for module in list(body.modules()):
        for name, child in module.named_children():
            kind = _KINDS.get(type(child))
            if kind is not None:
                other = kind.__new__(kind)
                other.__dict__ = child.__dict__  # the very same parameters, statistics and hooks
                setattr(module, name, other)


class WholeBatchNorm(nn.BatchNorm2d):
    """Normalises a slice `[n, C, H, W]` by the mean and variance of all processes' slices, which are of one size."""

    def forward(self, slices: Tensor) -> Tensor:
        """Normalise, and move the running statistics."""
        if not self.training:
            return super().forward(slices)
        assert self.running_mean is not None
        assert self.running_var is not None
        assert self.num_batches_tracked is not None
        assert self.momentum is not None
        result, mean, variance = _Normalise.apply(slices, self.weight, self.bias, self.eps)
        with torch.no_grad():
            count = slices.numel() / slices.shape[1] * world()
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
            self.num_batches_tracked += 1
        return result


class WholeDropout(nn.Dropout):
    """Draws the mask of the whole batch, as one process would, and applies this slice's rows of it."""

    def forward(self, slices: Tensor) -> Tensor:
        """Drop; the global random source is in the same state afterwards in every process."""
        if not self.training or not self.p:
            return slices
        whole = torch.ones((len(slices) * world(), *slices.shape[1:]), dtype=slices.dtype, device=slices.device)
        if slices.ndim == 4 and slices.is_contiguous(memory_format=torch.channels_last):
            whole = whole.contiguous(memory_format=torch.channels_last)  # numbers are drawn in the order of memory
        return slices * own_slice(F.dropout(whole, self.p))


class _Normalise(torch.autograd.Function):
    """Batch norm (Ioffe and Szegedy, arXiv 1502.03167) with its sums, forward and backward, over all processes."""

    @staticmethod
    def forward(
        context: Any, slices: Tensor, weight: Tensor, bias: Tensor, eps: float
    ) -> tuple[Tensor, Tensor, Tensor]:
        variance, mean = torch.var_mean(slices.to(weight.dtype), (0, 2, 3), correction=0)
        every = mean.new_zeros((world(), 2, len(mean)))
        every[rank(), 0], every[rank(), 1] = mean, variance
        means, variances = summed(every).unbind(1)
        # Slices are of one size: their variances' mean, and that of their means, make the whole batch's variance.
        mean = means.mean(0)
        variance = variances.mean(0) + means.var(0, correction=0)
        context.save_for_backward(slices, weight, mean, torch.rsqrt(variance + eps))
        context.mark_non_differentiable(mean, variance)
        return F.batch_norm(slices, mean, variance, weight, bias, eps=eps), mean, variance

    @staticmethod
    def backward(context: Any, *gradients: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        slices, weight, mean, scale = context.saved_tensors
        given = gradients[0].to(weight.dtype)
        unit = (slices.to(weight.dtype) - _map(mean)) * _map(scale)
        own = torch.stack((given.sum((0, 2, 3)), (given * unit).sum((0, 2, 3))))
        # The parameters' own gradients are summed over the processes later, with all others.
        for_bias, for_weight = own.clone()
        middle, slope = summed(own) / (given.numel() / given.shape[1] * world())
        inputs = (given - _map(middle) - unit * _map(slope)) * _map(scale * weight)
        return inputs.to(slices.dtype), for_weight, for_bias, None


def _map(values: Tensor) -> Tensor:
    return values[:, None, None]


_KINDS: dict[type[nn.Module], type[nn.Module]] = {nn.BatchNorm2d: WholeBatchNorm, nn.Dropout: WholeDropout}
