"""What a teacher answers, made into logits for the student's emotions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import Tensor

from edgefer.emotions import canonical
from edgefer.errors import ArtifactError, DataError
from edgefer.recipe_teachers import ForeignTeacher


def class_order(own: Sequence[str], wanted: Sequence[str], teacher: str) -> list[int]:
    """Return `p` so that `answers[:, p]` are the students' emotions in their order.

    What the students lack is dropped; as logits, the rest then shares the whole probability. Raises DataError when the
    teacher lacks one of the students' emotions, or has one twice.
    """
    names = [emotion_of(label) for label in own]
    emotions = [canonical(name) for name in wanted]
    missing = [name for name in emotions if name not in names]
    if missing:
        unknown = [label for label, name in zip(own, names, strict=True) if not name]
        fix = f"mend its label '{unknown[0]}', which is no emotion" if unknown else "teach students of fewer emotions"
        raise DataError(
            f"teacher {teacher} does not know {' and '.join(missing)}; its labels are {', '.join(own)}", fix
        )
    if twice := [name for name in emotions if names.count(name) > 1]:
        raise DataError(f"teacher {teacher} has {twice[0]} twice", "name each of its labels once")
    return [names.index(name) for name in emotions]


def values_of(answer: Any, model: ForeignTeacher) -> Tensor:
    """The values of the model's labels, float `[N, labels]`, out of whatever it answers.

    Raises ArtifactError when what the recipe selects is not there, or is not one value a label.
    """
    chosen = _chosen(answer, model)
    if not isinstance(chosen, Tensor):
        raise ArtifactError(
            f"teacher {model.source} answers with {_form(chosen)}, not with a tensor", _which(answer, model)
        )
    while chosen.ndim > 2 and chosen.shape[-1] == 1:
        chosen = chosen[..., 0]
    if chosen.ndim != 2 or not chosen.is_floating_point():
        raise ArtifactError(
            f"teacher {model.source} answers with {_form(chosen)}, not with a float for each of its labels",
            _which(answer, model),
        )
    if model.columns:
        if model.columns[1] > chosen.shape[1]:
            raise ArtifactError(
                f"teacher {model.source} has {chosen.shape[1]} columns, not {model.columns[1]}", "mend columns"
            )
        chosen = chosen[:, slice(*model.columns)]
    if chosen.shape[1] != len(model.labels):
        raise ArtifactError(
            f"teacher {model.source} answers with {chosen.shape[1]} values, but the recipe has {len(model.labels)} labels",
            "list all its labels in its own order, or pick their columns with columns = [first, after last]",
        )
    return chosen.float()


def checked(values: Tensor, model: ForeignTeacher) -> Tensor:
    """The values, `[N, labels]`, if they are what `gives` says. Raises DataError for NaN, ArtifactError otherwise."""
    if not values.isfinite().all():
        raise DataError(
            f"teacher {model.source} answers NaN or infinity", "check its mean, std and range, and its weights"
        )
    sums = values.sum(1)
    probable = bool((values >= 0).all() and torch.allclose(sums, torch.ones_like(sums), atol=1e-3))
    if model.gives == "probabilities" and not probable:
        raise ArtifactError(
            f"teacher {model.source} does not give probabilities: they sum to {float(sums[0]):.3g}",
            'write gives = "logits"',
        )
    if model.gives == "logits" and probable:
        raise ArtifactError(
            f"teacher {model.source} gives probabilities: they sum to 1", 'write gives = "probabilities"'
        )
    return values


def log_probabilities(probabilities: Tensor) -> Tensor:
    """Logits whose softmax is `probabilities`; 0 becomes the smallest positive number."""
    return probabilities.clamp(min=torch.finfo(torch.float32).tiny).log()


def emotion_of(label: str) -> str:
    """The one spelling of an emotion; nothing for another label, such as FER+'s "unknown"."""
    try:
        return canonical(label)
    except DataError:
        return ""


def _chosen(answer: Any, model: ForeignTeacher) -> Any:
    if isinstance(answer, Tensor):
        if model.select is None and model.output is None:
            return answer
        raise ArtifactError(
            f"teacher {model.source} has one answer, {_form(answer)}, so there is nothing to choose",
            "leave out output and select",
        )
    if model.output is not None:
        named = answer if isinstance(answer, Mapping) else getattr(answer, "__dict__", {})
        if model.output in named:
            return named[model.output]
        if hasattr(answer, "_fields") and model.output in answer._fields:  # a namedtuple
            return getattr(answer, model.output)
        raise ArtifactError(f"teacher {model.source} has no answer '{model.output}'", _which(answer, model))
    places = list(answer.values()) if isinstance(answer, Mapping) else answer
    if not isinstance(places, (tuple, list)):
        return answer
    if model.select is None:
        if len(places) == 1:
            return places[0]
        raise ArtifactError(f"teacher {model.source} answers with {len(places)} things", _which(answer, model))
    if model.select >= len(places):
        raise ArtifactError(
            f"teacher {model.source} has {len(places)} answers, so none at place {model.select}", _which(answer, model)
        )
    return places[model.select]


def _which(answer: Any, model: ForeignTeacher) -> str:
    """The line that picks the likely answer, and what there is."""
    if isinstance(answer, Mapping):
        there = [(f'output = "{name}"', value) for name, value in answer.items()]
    elif isinstance(answer, (tuple, list)):
        there = [(f"select = {place}", value) for place, value in enumerate(answer)]
    else:
        return "name the part of the network that answers with one value a label"
    listed = "; ".join(f"{line} is {_form(value)}" for line, value in there)
    likely = [
        line
        for line, value in there
        if isinstance(value, Tensor) and value.is_floating_point() and value.shape[1:] == (len(model.labels),)
    ]
    return f"write {likely[0]}: {listed}" if likely else f"say which: {listed}"


def _form(value: Any) -> str:
    if isinstance(value, Tensor):
        return f"{str(value.dtype).removeprefix('torch.')} {list(value.shape)}"
    return f"a {type(value).__name__}"
