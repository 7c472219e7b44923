"""Which convolutions of a body INT8 quantises, and what stands around them: read off the graph that torch traces.

The same rule as `edgefer.quantize.int8` has for ONNX graphs, before there is one: all but those of squeeze-and-excitation
gates.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import fx, nn
from torch.fx.passes.shape_prop import ShapeProp
from torch.nn import functional as F

_GATES = {torch.sigmoid, F.sigmoid, F.hardsigmoid, nn.Sigmoid, nn.Hardsigmoid, "sigmoid"}
# They pass on what they are given once training is over.
_NOTHING = (nn.Identity, nn.Dropout)


@dataclass(frozen=True)
class Site:
    """A convolution that INT8 quantises, by the name of its module.

    lead: the first convolution that takes in the same tensor, itself if there is none before it. norm: the batch norm
    that alone takes what it gives, empty where there is none.
    """

    name: str
    lead: str
    norm: str


def sites(body: nn.Module, shape: tuple[int, int, int]) -> tuple[Site, ...]:
    """The convolutions of a body that INT8 quantises, in the order of computation; shape: of one face, (C, H, W)."""
    traced = fx.symbolic_trace(body)
    training = body.training
    traced.eval()
    with torch.no_grad():
        ShapeProp(traced).propagate(torch.zeros(2, *shape, device=next(body.parameters()).device))
    body.train(training)
    gates = _gates(traced)
    found: list[Site] = []
    leads: dict[fx.Node, str] = {}
    for node in traced.graph.nodes:
        if isinstance(_module(traced, node), nn.Conv2d) and node not in gates:
            takers = list(node.users)
            normed = len(takers) == 1 and isinstance(_module(traced, takers[0]), nn.BatchNorm2d)
            name = str(node.target)
            lead = leads.setdefault(_source(traced, node), name)
            found.append(Site(name, lead, str(takers[0].target) if normed else ""))
    return tuple(found)


def _gates(traced: fx.GraphModule) -> set[fx.Node]:
    """The convolutions on a 1x1 map from which a path of nothing but 1x1 maps leads to a sigmoid."""
    found, pending = set(), [node for node in traced.graph.nodes if _kind(traced, node) in _GATES]
    pending = [node.args[0] for node in pending]
    while pending:
        node = pending.pop()
        if node.op == "placeholder" or tuple(node.meta["tensor_meta"].shape[2:]) not in {(), (1, 1)}:
            continue
        if isinstance(_module(traced, node), nn.Conv2d):
            found.add(node)
        pending += node.all_input_nodes[:1]
    return found


def _kind(traced: fx.GraphModule, node: fx.Node) -> object:
    module = _module(traced, node)
    return node.target if module is None else type(module)


def _module(traced: fx.GraphModule, node: fx.Node) -> nn.Module | None:
    return traced.get_submodule(str(node.target)) if node.op == "call_module" else None


def _source(traced: fx.GraphModule, node: fx.Node) -> fx.Node:
    """What a node takes in, looking through modules that do nothing."""
    taken = node.all_input_nodes[0]
    return _source(traced, taken) if isinstance(_module(traced, taken), _NOTHING) else taken
