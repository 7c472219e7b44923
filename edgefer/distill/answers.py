"""Teachers' answers in files of their own: whoever has them can distil from teachers that are not there.

A file holds some views of one training set, `view-0000` and so on, float16 logits `[N, classes]` each, and in its
metadata what decides them: faces, augmentation, seed, labels. View v is the same on every machine
(`distill/augment.py`), so answers of a GPU's teachers to it are those that a CPU's student needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import torch
from pydantic import BaseModel, ConfigDict, ValidationError
from torch import Tensor

from edgefer.data.faces import FaceSet
from edgefer.distill.augment import View, render
from edgefer.distill.batches import planes
from edgefer.distill.targets import Targets
from edgefer.distill.teachers import Teachers
from edgefer.distill.teachers_answer import class_order
from edgefer.errors import ArtifactError, DataError, UsageError
from edgefer.paths import atomic_file, require_file, sha256, sha256_of
from edgefer.recipe import AugmentSection, Recipe

KEY = "edgefer.answers"
# What is blended, and how many views there are, changes none of them.
_NOT_RENDERED = {"mixup", "views"}


class AnswersCard(BaseModel):
    """What a file of answers says of itself. accuracy: of the teachers together on `choose`, 0..1, single crop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    teachers: tuple[str, ...]
    teachers_sha256: str
    labels: tuple[str, ...]
    dataset: str
    split: str
    data_sha256: str
    seed: int
    augment: AugmentSection
    choose: str = ""
    accuracy: float | None = None


@dataclass(frozen=True)
class Answers:
    """Kept answers, in the order of the student's labels. views: float16 `[N, classes]` by number."""

    name: str
    sha256: str
    views: Mapping[int, Tensor] = field(repr=False)

    def of(self, view: View, number: int) -> Tensor:
        """Logits for view `number`, float32 `[N, classes]` on the device of its faces."""
        return self.views[number].to(view.faces.device).float()


def card_of(recipe: Recipe, teachers: Teachers, training: FaceSet, choose: str, accuracy: float) -> AnswersCard:
    """The card of the answers to a recipe's views."""
    return AnswersCard(
        teachers=tuple(member.name for member in teachers.members),
        teachers_sha256=teachers.sha256,
        labels=training.emotions,
        dataset=training.name,
        split=training.split,
        data_sha256=training.sha256,
        seed=recipe.train.seed,
        augment=recipe.augment,
        choose=choose,
        accuracy=accuracy,
    )


def ask_views(
    teachers: Teachers, recipe: Recipe, training: FaceSet, device: torch.device, numbers: Iterable[int], bf16: bool
) -> dict[int, Tensor]:
    """The teachers' answers to views of a recipe, float16 `[N, classes]`; each is kept in the cache folder too."""
    faces = planes(training, device)
    asked = Targets(teachers, recipe, training.sha256, faces, bf16)
    return {
        number: asked.of(render(faces, recipe.augment, recipe.train.seed, number), number).half().cpu()
        for number in numbers
    }


def write_answers(path: Path, card: AnswersCard, views: Mapping[int, Tensor]) -> None:
    """Write one file, atomically."""
    from safetensors.torch import save_file

    tensors = {f"view-{number:04d}": values.contiguous() for number, values in views.items()}
    with atomic_file(path) as temporary:
        save_file(tensors, temporary, metadata={KEY: card.model_dump_json()})


def open_answers(paths: Sequence[Path], recipe: Recipe, training: FaceSet) -> Answers:
    """Read files of one ensemble's answers for a recipe on its training faces.

    Raises ArtifactError for a file that is missing, damaged, or of other teachers than the first, DataError when the
    answers are about other faces or lack an emotion, UsageError when the recipe's views are not those of the files.
    """
    read = [_read(path) for path in paths]
    cards = [card for card, _ in read]
    card, first = cards[0], paths[0]
    if other := next((path for path, one in zip(paths, cards, strict=True) if one != card), None):
        raise ArtifactError(f"{other} holds other answers than {first}", "name the parts of one ensemble")
    if card.data_sha256 != training.sha256:
        raise DataError(
            f"{first} answers about {card.dataset} {card.split}, and not about these {len(training):,} faces of"
            f" {training.name} {training.split}",
            f"train on all of {card.dataset} {card.split}, prepared by edgefer data prepare",
        )
    views = {number: values for _, part in read for number, values in part.items()}
    _check_views(first, card, recipe, sorted(views))
    order = class_order(card.labels, training.emotions, "+".join(card.teachers))
    digest = sha256_of(*sorted(sha256(path) for path in paths))
    return Answers("+".join(card.teachers), digest, {number: values[:, order] for number, values in views.items()})


def _check_views(path: Path, card: AnswersCard, recipe: Recipe, numbers: list[int]) -> None:
    """Raise UsageError unless the recipe renders the very views that were answered."""
    wanted, there = (section.model_dump(exclude=_NOT_RENDERED) for section in (recipe.augment, card.augment))
    differing = [f"augment.{key}={_word(there[key])}" for key in there if wanted[key] != there[key]]
    if recipe.train.seed != card.seed:
        differing.append(f"train.seed={card.seed}")
    whole = list(range(len(numbers))) == numbers
    if not whole:
        raise UsageError(f"{path} and its neighbours lack view {_gap(numbers)}", "name all parts in teacher.answers")
    if not 1 <= recipe.augment.views <= len(numbers):
        differing.append(f"augment.views={len(numbers)}")
    if differing:
        raise UsageError(
            f"{recipe.name} renders other views than the {len(numbers)} that {path} answers",
            " ".join(f"--set {change}" for change in differing),
        )


def _gap(numbers: list[int]) -> int:
    return next(number for number in range(len(numbers) + 1) if number not in numbers)


def _word(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _read(path: Path) -> tuple[AnswersCard, dict[int, Tensor]]:
    from safetensors import SafetensorError, safe_open

    require_file(path, "a file of teachers' answers", "name files as in teacher.answers")
    try:
        with safe_open(path, framework="pt") as handle:
            card = AnswersCard.model_validate_json((handle.metadata() or {})[KEY])
            views = {int(name.removeprefix("view-")): handle.get_tensor(name) for name in handle.keys()}  # noqa: SIM118
    except (SafetensorError, KeyError, ValidationError, ValueError, OSError) as error:
        cause = "it is no such file" if isinstance(error, KeyError) else str(error).partition("\n")[0]
        raise ArtifactError(
            f"{path} holds no teachers' answers ({cause})", "make it again, or fetch it again"
        ) from error
    if any(values.ndim != 2 or values.shape[1] != len(card.labels) for values in views.values()) or not views:
        raise ArtifactError(f"{path} is damaged: its answers are not one value a label", "fetch it again")
    if not all(bool(values.isfinite().all()) for values in views.values()):
        raise ArtifactError(f"{path} is damaged: it holds NaN or infinity", "fetch it again")
    return card, views
