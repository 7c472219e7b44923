"""Weights to begin with: those of a trained network of the same architecture."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from edgefer.distill.teachers_answer import emotion_of
from edgefer.errors import ArtifactError, UsageError
from edgefer.models.checkpoint import load
from edgefer.recipe import Recipe

_FIX = "name a checkpoint of that architecture in [start], or leave [start] out"


def begin(body: nn.Module, recipe: Recipe, emotions: tuple[str, ...], path: Path) -> None:
    """Give `body` the weights of the checkpoint at `path`.

    Its last layer's rows go to the emotions of their names; an emotion that the checkpoint does not know keeps its fresh
    row. Raises ArtifactError for a checkpoint of another architecture, number of channels or shape (a trimmed
    ResEmoteNet is one), UsageError when it shares no emotion.
    """
    network, card = load(path)
    wanted = recipe.model
    if (card.architecture, card.input.channels) != (wanted.architecture, wanted.channels):
        raise ArtifactError(
            f"{path} is {card.architecture} of {card.input.channels} channel(s), and {recipe.name} trains"
            f" {wanted.architecture} of {wanted.channels}",
            _FIX,
        )
    state, own = network.body.state_dict(), body.state_dict()
    known = [emotion_of(label) for label in card.labels]
    rows = [(place, known.index(name)) for place, name in enumerate(map(emotion_of, emotions)) if name in known]
    if not rows:
        raise UsageError(f"{path} knows none of {', '.join(emotions)}; its labels are {', '.join(card.labels)}", _FIX)
    for name in _head(body):
        fresh = own[name].clone()
        for place, source in rows:
            fresh[place] = state[name][source]
        state[name] = fresh
    if differing := [name for name in own if own[name].shape != state[name].shape]:
        sizes = f"{list(state[differing[0]].shape)} instead of {list(own[differing[0]].shape)}"
        trimmed = "; it was trimmed for one input size" if card.trimmed else ""
        raise ArtifactError(f"{differing[0]} in {path} is {sizes}{trimmed}", _FIX)
    body.load_state_dict(state)


def _head(body: nn.Module) -> list[str]:
    """Names of the last linear layer's parameters: one row a class."""
    last = [name for name, module in body.named_modules() if isinstance(module, nn.Linear)][-1]
    return [f"{last}.{name}" for name, _ in body.get_submodule(last).named_parameters()]
