"""Who teaches: one or more trained networks, asked as one, and their answers kept on disk when faces repeat."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from edgefer.card import ModelCard
from edgefer.data.faces import FaceSet
from edgefer.distill.batches import fit, planes
from edgefer.distill.losses import mean_logits
from edgefer.emotions import permutation
from edgefer.models.checkpoint import load
from edgefer.paths import atomic_file, cache_dir, sha256, sha256_of


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


def cached_logits(teachers: Teachers, faces: FaceSet, device: torch.device, batch: int = 256) -> Tensor:
    """The teachers' logits for each face as it is and mirrored: float32 `[2, N, classes]` on `device`.

    Computed once for these teachers and faces, then read from the cache folder.
    """
    path = cache_dir() / "targets" / f"{sha256_of(teachers.sha256, faces.sha256)[:32]}.npy"
    if path.is_file():
        kept = np.load(path, allow_pickle=False)
        if kept.shape == (2, len(faces), len(faces.emotions)):
            return torch.from_numpy(kept).to(device)
    pixels = planes(faces, device)
    views = []
    for flip in (False, True):
        parts = pixels.split(batch)
        views.append(torch.cat([teachers.logits((part.flip(3) if flip else part).float()) for part in parts]))
    logits = torch.stack(views)
    with atomic_file(path) as temporary:
        np.save(temporary, logits.cpu().numpy(), allow_pickle=False)
    return logits
