"""INT8 scales of what a body's convolutions take in, before any are learned: as `edgefer.quantize.ranges`, in torch."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

import numpy as np
import torch
from torch import Tensor, nn

from edgefer.card import InputSpec
from edgefer.data.faces import FaceSet
from edgefer.distill.batches import fit, planes
from edgefer.models.network import Network
from edgefer.quantize.calibration import COUNT
from edgefer.quantize.draw import draw
from edgefer.quantize.pool import screen
from edgefer.quantize.qdq import symmetric_scale
from edgefer.quantize.thresholds import BINS, count_magnitudes, entropy_share
from edgefer.runtime.session import Array

_BATCH = 32


@torch.no_grad()
def input_scales(body: nn.Module, spec: InputSpec, names: Iterable[str], training: FaceSet) -> dict[str, float]:
    """The scale of what each of the modules `names` takes in, by entropy over faces drawn as for a calibration set."""
    device = next(body.parameters()).device
    network, was_training = Network(body, spec).to(device), body.training
    pool = screen(training)
    faces = training.take(draw(pool, min(COUNT, pool.left), 0)) if pool.left else training
    parts = [fit(part.float(), spec) for part in planes(faces, device).split(_BATCH)]
    peaks = dict.fromkeys(names, 0.0)
    counts = {name: np.zeros(BINS, np.int64) for name in peaks}
    network.eval()
    with _watched(body, peaks) as seen:
        for part in parts:
            network(part)
            peaks = {name: max(peak, float(np.abs(seen[name]).max())) for name, peak in peaks.items()}
        for part in parts:
            network(part)
            for name, peak in peaks.items():
                counts[name] += count_magnitudes(seen[name], peak) if peak else 0
    body.train(was_training)
    return {name: float(symmetric_scale(entropy_share(counts[name]) * peak)) for name, peak in peaks.items()}


@contextmanager
def _watched(body: nn.Module, names: Iterable[str]) -> Iterator[dict[str, Array]]:
    """A dict that holds what each of the modules took in last, float32, while `body` runs inside the block."""
    seen: dict[str, Array] = {}

    def watch(name: str) -> torch.utils.hooks.RemovableHandle:
        def note(_module: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            seen[name] = inputs[0].float().cpu().numpy()

        return body.get_submodule(name).register_forward_pre_hook(note)

    handles = [watch(name) for name in names]
    try:
        yield seen
    finally:
        for handle in handles:
            handle.remove()
