"""Who teaches: one or more trained networks, asked as one."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn

from edgefer.card import ModelCard
from edgefer.distill.batches import fit
from edgefer.distill.losses import mean_logits
from edgefer.emotions import permutation
from edgefer.models.checkpoint import load
from edgefer.paths import sha256, sha256_of


@dataclass(frozen=True)
class Teachers:
    """Frozen networks in evaluation mode on one device, with the order that puts each one's logits in `labels` order."""

    networks: tuple[nn.Module, ...]
    cards: tuple[ModelCard, ...]
    orders: tuple[tuple[int, ...], ...]
    sha256: str

    @property
    def name(self) -> str:
        """Their names, joined by +."""
        return "+".join(card.name for card in self.cards)

    @torch.no_grad()
    def logits(self, pixels: Tensor) -> Tensor:
        """Float pixels 0..255 `[N, 1 or 3, H, W]` in any size -> mean logits `[N, classes]` in the students' order."""
        answers = [
            network(fit(pixels, card.input)).float()[:, list(order)]
            for network, card, order in zip(self.networks, self.cards, self.orders, strict=True)
        ]
        return answers[0] if len(answers) == 1 else mean_logits(answers)


def load_teachers(paths: tuple[Path, ...], labels: tuple[str, ...], device: torch.device) -> Teachers:
    """Load checkpoints as teachers for students whose labels are `labels`; DataError when the emotions differ."""
    loaded = [load(path) for path in paths]
    return Teachers(
        networks=tuple(network.requires_grad_(requires_grad=False).to(device) for network, _ in loaded),
        cards=tuple(card for _, card in loaded),
        orders=tuple(tuple(permutation(card.labels, labels)) for _, card in loaded),
        sha256=sha256_of(*(sha256(path) for path in paths), *labels),
    )
