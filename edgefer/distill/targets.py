"""What teachers answer to the training faces: asked once a view, kept on disk, read back when the view comes again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from edgefer.distill.augment import View
from edgefer.distill.parallel import led, spread
from edgefer.distill.teachers import Teachers
from edgefer.paths import atomic_file, cache_dir, sha256_of
from edgefer.ranks import leads
from edgefer.recipe import Recipe

_CHUNK = 512


class Targets:
    """The teachers' logits for views of one training set, float32 `[N, classes]` on the teachers' device.

    A recipe whose only augmentation is the mirror has two answers a face, kept together; one with `augment.views` has
    one file a view; one with endless views is asked every epoch and nothing is kept.
    """

    def __init__(self, teachers: Teachers, recipe: Recipe, data_sha256: str, faces: Tensor, bf16: bool) -> None:
        self.teachers, self.section, self.faces, self.bf16 = teachers, recipe.augment, faces, bf16
        rendering = "mirror" if self.section.only_flips else f"{self.section.model_dump_json()} {recipe.train.seed}"
        name = sha256_of(teachers.sha256, data_sha256, rendering, str(bf16))[:32]
        self.folder = cache_dir() / "targets" / name
        self._both: Tensor | None = None

    def of(self, view: View, number: int) -> Tensor:
        """Logits for view `number`, rendered as `view`."""
        if self.section.only_flips:
            if self._both is None:
                plain = self._kept(self.folder / "plain.npy", self.faces)
                self._both = torch.stack((plain, self._kept(self.folder / "mirrored.npy", self.faces.flip(3))))
            return self._both[view.flips.long(), torch.arange(len(view.flips), device=view.flips.device)]
        if self.section.views:
            return self._kept(self.folder / f"view-{number:04d}.npy", view.faces)
        return self._ask(view.faces)

    def _kept(self, path: Path, faces: Tensor) -> Tensor:
        kept = led(lambda: _read(path, len(faces)))
        if kept is not None:
            return torch.from_numpy(kept).to(faces.device).float()
        logits = self._ask(faces)
        if leads():
            with atomic_file(path) as temporary:
                np.save(temporary, logits.half().cpu().numpy(), allow_pickle=False)
        # What is returned is what a later run will read, to the bit.
        return logits.half().float()

    def _ask(self, faces: Tensor) -> Tensor:
        with torch.autocast(faces.device.type, torch.bfloat16, enabled=self.bf16):
            return spread(lambda part: self.teachers.logits(part.float()), faces.split(_CHUNK))


def _read(path: Path, count: int) -> NDArray[np.float16] | None:
    if not path.is_file():
        return None
    kept: NDArray[np.float16] = np.load(path, allow_pickle=False)
    return kept if len(kept) == count else None
