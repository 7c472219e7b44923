"""Who teaches: one or more trained networks of any kind, asked as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.card import ModelCard
from edgefer.distill.teachers_open import Teacher, open_checkpoint, open_model
from edgefer.errors import DataError
from edgefer.paths import sha256_of
from edgefer.recipe_teachers import TeacherModel

Combine = Literal["logits", "softmax"]


@dataclass(frozen=True)
class Teachers:
    """An ensemble on one device: what it takes the mean of, and a hash of everything that decides its answers.

    mirror: each is asked about the mirrored face too, and its answer is the mean of both logits.
    """

    members: tuple[Teacher, ...]
    combine: Combine
    sha256: str
    mirror: bool = False

    @property
    def name(self) -> str:
        """Their names, joined by +."""
        return "+".join(member.name for member in self.members)

    @property
    def networks(self) -> tuple[nn.Module, ...]:
        """Those that are torch modules, frozen and in evaluation mode; an ONNX file is none."""
        return tuple(member.network for member in self.members if member.network is not None)

    @property
    def cards(self) -> tuple[ModelCard, ...]:
        """The cards of those that have one."""
        return tuple(member.card for member in self.members if member.card is not None)

    @torch.no_grad()
    def logits(self, pixels: Tensor) -> Tensor:
        """Float pixels 0..255 `[N, 1 or 3, H, W]` in any size -> logits `[N, classes]` in the students' order.

        Raises DataError when a teacher answers with something that is no finite number.
        """
        answers = []
        for member in self.members:
            answer = member.ask(pixels).float()
            if self.mirror:
                answer = (answer + member.ask(pixels.flip(3)).float()) / 2
            answers.append(answer)
        # One look for all: on a GPU each is a wait.
        if not torch.stack([answer.isfinite().all() for answer in answers]).all():
            faulty = next(
                member for member, answer in zip(self.members, answers, strict=True) if not answer.isfinite().all()
            )
            raise DataError(
                f"teacher {faulty.name} answers NaN or infinity to some of {len(pixels)} faces",
                "check its mean, std and range in the recipe, and its weights",
            )
        return ensemble(answers, [member.weight for member in self.members], self.combine)


def load_teachers(
    checkpoints: Sequence[Path],
    labels: tuple[str, ...],
    device: torch.device,
    models: Sequence[TeacherModel] = (),
    combine: Combine = "logits",
    mirror: bool = False,
) -> Teachers:
    """Open checkpoints and `[[teacher.models]]` as teachers of students whose labels are `labels`.

    Raises ArtifactError when a file is missing, damaged or not what the recipe says, UntrustedError for a TorchScript
    file without its hash, UsageError when a network cannot be built, DataError when a teacher lacks an emotion, and
    BackendError when timm is not installed.
    """
    members = (
        *(open_checkpoint(path, labels, device) for path in checkpoints),
        *(open_model(model, labels, device) for model in models),
    )
    # The rest is hashed only where there is any, so that what was kept of checkpoints' answers stays in use.
    rest = (combine, str(len(checkpoints))) if models or combine != "logits" else ()
    if mirror:
        rest = (*rest, "mirror")
    return Teachers(members, combine, sha256_of(*(member.sha256 for member in members), *labels, *rest), mirror)


def ensemble(answers: Sequence[Tensor], weights: Sequence[float], combine: Combine) -> Tensor:
    """One answer for several, logits `[N, classes]`, by the weights' shares.

    logits: the mean of the logits, each teacher's centred so that none counts more for its offset. softmax: the
    logarithm of the mean probability.
    """
    if len(answers) == 1:
        return answers[0]
    shares = torch.tensor(weights, dtype=answers[0].dtype, device=answers[0].device)[:, None, None] / sum(weights)
    stack = torch.stack(list(answers))
    if combine == "softmax":
        return (F.log_softmax(stack, dim=2) + shares.log()).logsumexp(0)
    return ((stack - stack.mean(2, keepdim=True)) * shares).sum(0)
