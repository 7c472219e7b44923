"""Hints: a student's inner features are drawn to its teacher's (FitNets, Romero et al., arXiv 1412.6550).

A recipe names pairs of modules. At each, a 1x1 convolution, trained along and thrown away at the end, turns the
student's channels into the teacher's. The teacher must be one torch network, and it sees each batch as the student
does, augmented and mixed, so nothing of it can be kept on disk: it is asked at every step.
"""

from __future__ import annotations

import contextlib
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from edgefer.distill.teachers import Teachers
from edgefer.emotions import FER2013
from edgefer.errors import UsageError
from edgefer.models.registry import build
from edgefer.recipe import ModelSection, Recipe, load

_TINY = 1e-4  # a feature vector shorter than this is no direction to draw to


@dataclass(frozen=True)
class Seen:
    """What the named modules gave, `[n, C, h, w]` or `[n, C]`, a list entry each time that they ran."""

    student: dict[str, list[Tensor]]
    teacher: dict[str, list[Tensor]]


class Hints:
    """The pairs of one run, ready to be watched.

    adapters: the convolutions to train beside the student, one a pair, in the recipe's order.
    Raises UsageError when a module is not there or its output is no feature map, or when the teacher cannot give hints.
    """

    def __init__(self, pairs: Mapping[str, str], student: nn.Module, teachers: Teachers, probe: Tensor) -> None:
        """student: its body; probe: float pixels 0..255 `[2, C, H, W]` in the student's input size."""
        self.pairs, self.student, self.teacher = dict(pairs), student, _one_network(teachers)
        check_names(self.student, self.pairs, "the student")
        check_names(self.teacher, self.pairs.values(), "the teacher")
        training = student.training
        with torch.no_grad(), self.watched() as seen:
            student.eval()(probe)
            teachers.members[0].ask(probe)
        student.train(training)
        convolutions = []
        for own, other in self.pairs.items():
            _once(seen.student, own, "the student")
            _once(seen.teacher, other, "the teacher")
            given, wanted = _map(seen.student, own), _map(seen.teacher, other)
            convolutions.append(nn.Conv2d(given.shape[1], wanted.shape[1], 1).to(probe.device))
        self.adapters = nn.ModuleList(convolutions)

    @contextlib.contextmanager
    def watched(self) -> Iterator[Seen]:
        """While open, every forward pass of the student and the teacher leaves its features in what is yielded."""
        seen = Seen({}, {})
        handles = [
            self.student.get_submodule(name).register_forward_hook(_into(seen.student, name)) for name in self.pairs
        ]
        handles += [
            self.teacher.get_submodule(name).register_forward_hook(_into(seen.teacher, name))
            for name in dict.fromkeys(self.pairs.values())
        ]
        try:
            yield seen
        finally:
            for handle in handles:
                handle.remove()

    def loss(self, seen: Seen) -> Tensor:
        """Squared distance of the features as unit vectors over the channels, a scalar.

        Mean over faces and positions, sum over the pairs: 0 (same direction everywhere) to 4 a pair. Where the sizes
        differ the larger map is averaged down to the smaller.
        """
        total = torch.zeros((), device=next(self.adapters.parameters()).device)
        for (own, other), adapter in zip(self.pairs.items(), self.adapters, strict=True):
            given = _map(seen.student, own).float()
            wanted = _map(seen.teacher, other, len(given)).detach().float()
            size = (min(given.shape[2], wanted.shape[2]), min(given.shape[3], wanted.shape[3]))
            given, wanted = adapter(F.adaptive_avg_pool2d(given, size)), F.adaptive_avg_pool2d(wanted, size)
            gap = F.normalize(given, dim=1, eps=_TINY) - F.normalize(wanted, dim=1, eps=_TINY)
            total = total + gap.square().sum(1).mean()
        return total


def check_recipe(recipe: Recipe) -> None:
    """What of a recipe's hints can be known before its teacher is there; nothing where it has none.

    Raises UsageError when there are several teachers, or when the student, or a teacher that is to be trained, lacks a
    module.
    """
    hints, section = recipe.loss.hints, recipe.teacher
    if not hints or section is None:
        return
    if sum(map(len, (section.recipes, section.students, section.checkpoints, section.models))) != 1:
        raise _several()
    check_names(_body(recipe.model), hints, "the student")
    for name in section.recipes:
        check_names(_body(load(name).model), hints.values(), "the teacher")


def check_teachers(recipe: Recipe, teachers: Teachers) -> None:
    """Raise UsageError when a recipe's hints name what its teacher cannot give: before a baseline is trained."""
    if recipe.loss.hints:
        check_names(_one_network(teachers), recipe.loss.hints.values(), "the teacher")


def check_names(network: nn.Module, names: Iterable[str], whose: str) -> None:
    """Raise UsageError, with the nearest name, unless every name is a module of `network`."""
    known = [name for name, _ in network.named_modules() if name]
    for name in names:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            top = ", ".join(child for child, _ in network.named_children())
            hint = f"did you mean '{near[0]}'?" if near else f"it has {top}, and what is inside them"
            raise UsageError(f"loss.hints: {whose} has no module '{name}'", hint)


def body_of(network: nn.Module) -> nn.Module:
    """The network without the part that normalises its input, so that names are those of the architecture."""
    body = getattr(network, "body", network)
    assert isinstance(body, nn.Module)
    return body


def _body(section: ModelSection) -> nn.Module:
    return build(section.architecture, section.channels, classes=len(FER2013))


def _several() -> UsageError:
    return UsageError("loss.hints needs one teacher, not an ensemble", "name one in [teacher], or leave hints out")


def _one_network(teachers: Teachers) -> nn.Module:
    if len(teachers.members) != 1:
        raise _several()
    if not teachers.networks or isinstance(teachers.networks[0], torch.jit.ScriptModule):
        raise UsageError(
            f"loss.hints cannot look inside teacher {teachers.name}, an ONNX or TorchScript file",
            "name a checkpoint, a timm network or a function in [teacher], or leave hints out",
        )
    return body_of(teachers.networks[0])


def _into(place: dict[str, list[Tensor]], name: str) -> Callable[[nn.Module, object, Tensor], None]:
    def keep(_module: nn.Module, _inputs: object, output: Tensor) -> None:
        # A copy, as the next layer may work in place.
        place.setdefault(name, []).append(output.clone() if isinstance(output, Tensor) else output)

    return keep


def _once(seen: Mapping[str, list[Tensor]], name: str, whose: str) -> None:
    """Raise UsageError unless a module ran once in one pass and gave features."""
    fix = "name a convolution, a block or a linear layer that runs once"
    given = seen.get(name, [])
    if len(given) != 1:
        raise UsageError(f"loss.hints: '{name}' of {whose} runs {len(given)} times for a face", fix)
    if not isinstance(given[0], Tensor) or given[0].ndim not in (2, 4):
        what = list(given[0].shape) if isinstance(given[0], Tensor) else type(given[0]).__name__
        raise UsageError(f"loss.hints: '{name}' of {whose} gives {what}, not features [N, C, H, W] or [N, C]", fix)


def _map(seen: Mapping[str, list[Tensor]], name: str, count: int | None = None) -> Tensor:
    """A module's features as a map `[N, C, h, w]`; vectors are maps of one pixel.

    count: the first so many faces: a teacher may be asked about a batch in parts, and after that about its mirror image.
    """
    features = torch.cat(seen[name])[:count]
    return features if features.ndim == 4 else features[:, :, None, None]
