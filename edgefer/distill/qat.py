"""Quantisation-aware training: a body that computes as its INT8 file will, and the scale table that makes this file.

Exporting folds each batch norm into the convolution before it, and INT8 rounds the folded weights. So they are folded
here first, and what is trained is what is rounded: the batch norm stays behind as a bias and keeps its place in the
state dict, whose layout is that of a float network. Statistics of all batch norms are frozen.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from edgefer.card import InputSpec
from edgefer.data.faces import FaceSet
from edgefer.distill.activations import input_scales
from edgefer.distill.convolutions import Site, sites
from edgefer.distill.lsq import Int8Conv2d
from edgefer.models.trim import trim
from edgefer.quantize.qdq import symmetric_scale
from edgefer.scales import LayerScales


def simulate_int8(body: nn.Module, spec: InputSpec, training: FaceSet) -> None:
    """Let the convolutions of a trained body compute in simulated INT8, in place.

    The scales begin where INT8 without training would have them: those of what comes in by entropy over faces drawn from
    `training` as for a calibration set, those of weights by each channel's largest.
    """
    found = sites(body, spec.shape)
    for site in found:
        if site.norm:
            _fold(body, site)
    inputs = input_scales(body, spec, {site.lead: None for site in found}, training)
    # Taps that meet nothing but padding are cut out on export, and must not set a channel's scale.
    trimmed = trim(body, *spec.shape)
    for site in found:
        source, cut = body.get_submodule(site.name), trimmed.get_submodule(site.name)
        assert isinstance(source, nn.Conv2d)
        assert isinstance(cut, nn.Conv2d)
        weight_scale = torch.from_numpy(symmetric_scale(cut.weight.detach().flatten(1).abs().amax(1).cpu().numpy()))
        lead = None if site.lead == site.name else body.get_submodule(site.lead)
        assert lead is None or isinstance(lead, Int8Conv2d)
        _replace(body, site.name, Int8Conv2d(source, inputs[site.lead], weight_scale.to(source.weight.device), lead))


def freeze_statistics(body: nn.Module) -> None:
    """Keep batch norms from taking a batch's statistics; to be called whenever a body was set to train."""
    for module in body.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.eval()


def learned_scales(body: nn.Module) -> dict[str, LayerScales]:
    """The scales of a body's simulated convolutions, by module name; empty for a float body."""
    found = {}
    for name, module in _simulated(body):
        taken, weights = (scale.detach().flatten().tolist() for scale in module.scales())
        found[name] = LayerScales(input=taken[0], weights=tuple(weights))
    return found


def float_body(body: nn.Module) -> nn.Module:
    """A copy of a body without simulation: the float network that is kept and exported."""
    result = copy.deepcopy(body)
    for name, module in list(_simulated(result)):
        plain = nn.Conv2d.__new__(nn.Conv2d)
        plain.__dict__ = {key: value for key, value in module.__dict__.items() if key != "_lead"}
        plain._parameters = {key: plain._parameters[key] for key in ("weight", "bias")}
        _replace(result, name, plain)
    return result


def scale_parameters(body: nn.Module) -> list[nn.Parameter]:
    """The scales among a body's parameters, which no weight decay may shrink."""
    return [value for name, value in body.named_parameters() if name.endswith(("weight_scale", "input_scale"))]


def without_decay(parameters: Sequence[nn.Parameter], scales: Sequence[nn.Parameter]) -> list[dict[str, Any]]:
    """Groups for an optimiser: the weight decay that it is told is not for `scales`, which are among the parameters."""
    apart = {id(scale) for scale in scales}
    groups: list[dict[str, Any]] = [{"params": [value for value in parameters if id(value) not in apart]}]
    return [*groups, {"params": list(scales), "weight_decay": 0.0}] if scales else groups


def _simulated(body: nn.Module) -> Iterator[tuple[str, Int8Conv2d]]:
    return ((name, module) for name, module in body.named_modules() if isinstance(module, Int8Conv2d))


def _replace(body: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, leaf = name.rpartition(".")
    setattr(body.get_submodule(parent), leaf, module)


@torch.no_grad()
def _fold(body: nn.Module, site: Site) -> None:
    """Move a batch norm's factor into the convolution before it and all offsets into the norm's bias: same function."""
    convolution, norm = body.get_submodule(site.name), body.get_submodule(site.norm)
    assert isinstance(convolution, nn.Conv2d)
    assert isinstance(norm, nn.BatchNorm2d)
    mean, variance = norm.running_mean, norm.running_var
    assert mean is not None
    assert variance is not None
    factor = norm.weight / (variance + norm.eps).sqrt()
    offset = mean if convolution.bias is None else mean - convolution.bias
    convolution.weight.mul_(factor.reshape(-1, 1, 1, 1))
    norm.bias.sub_(offset * factor)
    mean.zero_()
    variance.fill_(1)
    norm.weight.copy_((variance + norm.eps).sqrt())
    norm.weight.requires_grad_(False)
    if convolution.bias is not None:
        convolution.bias.zero_()
        convolution.bias.requires_grad_(False)
