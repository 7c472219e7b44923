"""The training loop: one network, one recipe, with or without teachers; resumable after any epoch."""

from __future__ import annotations

import copy
import json
import math
import time
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from edgefer.card import ModelCard
from edgefer.console import Step, progress, say
from edgefer.data.faces import FaceSet
from edgefer.distill.answers import Answers
from edgefer.distill.augment import mix, render
from edgefer.distill.average import Average
from edgefer.distill.batches import Batch, epoch_batches, fit, label_targets, planes
from edgefer.distill.compiled import passes
from edgefer.distill.describe import input_spec, model_card
from edgefer.distill.graphed import Graphed, graphable
from edgefer.distill.hints import Hints
from edgefer.distill.losses import class_weights
from edgefer.distill.numerics import align_gradients, computes_in_bf16
from edgefer.distill.objective import batch_loss, teaching
from edgefer.distill.parallel import (
    check_batch,
    default_device,
    gathered,
    last_word,
    led,
    own_slice,
    spread,
    sum_gradients,
)
from edgefer.distill.qat import (
    float_body,
    freeze_statistics,
    learned_scales,
    scale_parameters,
    simulate_int8,
    without_decay,
)
from edgefer.distill.schedule import rate_factor
from edgefer.distill.start import begin
from edgefer.distill.state import Epoch, Progress, load_state, save_state
from edgefer.distill.targets import Targets
from edgefer.distill.teachers import Teachers
from edgefer.distill.whole_batch import join_batches
from edgefer.errors import ArtifactError, CheckFailed, DataError, Interrupted, UsageError
from edgefer.evaluate.protocol import evaluate_protocols, measurements
from edgefer.json_text import read_object
from edgefer.models.checkpoint import load, read_card, read_scales, save
from edgefer.models.network import Network
from edgefer.models.registry import build
from edgefer.models.resemotenet import count_parameters
from edgefer.paths import sha256, sha256_of, write_text
from edgefer.ranks import leads
from edgefer.recipe import Recipe
from edgefer.runtime.torch import TorchSession

BEST, LAST, METRICS, RECIPE = "best.safetensors", "last.safetensors", "metrics.jsonl", "recipe.toml"
FINISHED = "finished.json"


@dataclass(frozen=True)
class Run:
    """A finished training: its folder, the best epoch's card, and the history.

    int8: the accuracy in simulated INT8 on the choosing split, 0..1, before a quantisation-aware training and of the
    best epoch; None for others. The card's figures are those of the float network that is kept.
    """

    folder: Path
    card: ModelCard
    history: tuple[Epoch, ...]
    int8: tuple[float, float] | None = None

    @property
    def checkpoint(self) -> Path:
        """The best epoch's weights."""
        return self.folder / BEST

    @property
    def accuracy(self) -> float:
        """The best epoch's accuracy on the choosing split, 0..1."""
        return self.card.measured[0].accuracy


def identity(
    recipe: Recipe, training: FaceSet, choosing: FaceSet, teachers: Teachers | Answers | None, start: Path | None = None
) -> str:
    """Hash of all that decides a run's result, so that runs can be reused and never mixed up."""
    begun = (sha256(start),) if start else ()
    return sha256_of(recipe.sha256, training.sha256, choosing.sha256, teachers.sha256 if teachers else "", *begun)


def finished(out: Path, wanted: str) -> Run | None:
    """The run in `out`, when its identity is the wanted one and it reached its last epoch."""
    try:
        values = read_object((out / FINISHED).read_text(encoding="utf-8"))
        return read_run(out) if values["identity"] == wanted else None
    except (OSError, ValueError, KeyError, TypeError, ArtifactError):
        return None


def read_run(out: Path) -> Run:
    """A finished run, from its folder; ArtifactError when it did not finish or is damaged."""
    try:
        values = read_object((out / FINISHED).read_text(encoding="utf-8"))
        history = tuple(Epoch(**line) for line in values["history"])
        int8 = tuple(values.get("int8") or ())
        both = (int8[0], int8[1]) if int8 else None
    except (OSError, ValueError, LookupError, TypeError) as error:
        raise ArtifactError(f"{out} holds no finished run", "train it with edgefer train or edgefer distill") from error
    return Run(out, read_card(out / BEST), history, both)


def train(
    recipe: Recipe,
    training: FaceSet,
    choosing: FaceSet,
    out: Path,
    teachers: Teachers | Answers | None = None,
    resume: bool = False,
    device: torch.device | None = None,
    whole: FaceSet | None = None,
    start: Path | None = None,
) -> Run:
    """Train by `recipe` and keep the epoch that is best on `choosing`.

    Writes `best.safetensors` (the averaged weights when the recipe averages), `last.safetensors` (to resume from),
    `metrics.jsonl` and `recipe.toml` into `out`, each atomically: the lines after every epoch, the weights after every
    `train.keep_every`. A run resumed from any of these ends with the same weights as an uninterrupted one on the same
    machine; a finished one is given back though that state is gone, and one whose weights were deleted begins again.
    Under torchrun the processes share the work and the first one writes (`distill/parallel.py`). Raises UsageError when
    they cannot share a batch equally, Interrupted on Ctrl-C, CheckFailed when the loss is no number any more.

    whole: the split that `training` is a part of, for the leak-free figure in the card; default `training`.
    start: the checkpoint whose weights the network begins with (`edgefer.distill.start`); default fresh ones.

    Quantisation-aware (`recipe.qat`), accuracy is that of simulated INT8 throughout, and the network that it begins with
    is kept where no epoch is better. `best.safetensors` then holds the float network with its learned scales.
    """
    if recipe.qat and start is None:
        raise UsageError(
            f"{recipe.name}: quantisation-aware training begins with a trained network", "name it in [start]"
        )
    if len(training) < 2:
        raise DataError(f"{training.name} has {len(training)} training faces", "training needs at least 2")
    check_batch(recipe, len(training))
    wanted = identity(recipe, training, choosing, teachers, start)
    if resume and (done := led(lambda: None if (out / LAST).exists() else finished(out, wanted))) is not None:
        return done
    begin_loop = partial(_Loop, recipe, training, choosing, teachers, device or default_device(), out, start)
    loop = begin_loop()
    if resume and (lost := loop.resume()):
        say(f"{recipe.name}: {out / lost} is not there any more: training begins again")
        loop = begin_loop()
    if leads():
        write_text(out / RECIPE, recipe.to_toml())
        # A run that is trained again, or further, is not finished; nor is the run whose weights were here before.
        (out / FINISHED).unlink(missing_ok=True)
    if recipe.qat and not loop.state.epoch:
        loop.keep_beginning()
    total = recipe.epochs * loop.steps
    with progress(recipe.name, total) as step:
        step(loop.state.epoch * loop.steps, "")
        try:
            while loop.state.epoch < recipe.epochs:
                loop.run_epoch(step)
        except KeyboardInterrupt:
            last_word()
            kept = loop.state.epoch
            raise Interrupted(
                f"stopped; {kept} of {recipe.epochs} epochs are in {out}", f"go on with --resume --out {out}"
            ) from None
    return led(lambda: loop.finish(whole or training))


class _Loop:
    def __init__(
        self,
        recipe: Recipe,
        training: FaceSet,
        choosing: FaceSet,
        teachers: Teachers | Answers | None,
        device: torch.device,
        out: Path,
        start: Path | None,
    ) -> None:
        self.recipe, self.training, self.choosing, self.teachers, self.out = recipe, training, choosing, teachers, out
        self.device = device
        self.spec = input_spec(recipe, training)
        torch.manual_seed(recipe.train.seed)
        options = {"stem_dropout": recipe.model.stem_dropout, "head_dropout": recipe.model.head_dropout}
        self.body = build(recipe.model.architecture, recipe.model.channels, len(training.emotions), **options)
        if start is not None:
            begin(self.body, recipe, training.emotions, start)
        self.begun = read_card(start).name if start else ""
        self.size = count_parameters(self.body)
        if recipe.qat:
            simulate_int8(self.body, self.spec, training)
        self.body.to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.network = Network(self.body, self.spec).to(device)
        self.average = Average(self.body) if recipe.train.ema else None
        self.hints, self.trained = self._hints(), self.body
        if self.hints is not None:
            self.trained = nn.ModuleDict({"body": self.body, "hints": self.hints.adapters})
        section = recipe.optimizer
        self.parameters = [value for value in self.trained.parameters() if value.requires_grad]
        self.optimizer = torch.optim.SGD(
            without_decay(self.parameters, scale_parameters(self.body)),
            lr=recipe.learning_rate,
            momentum=section.momentum,
            weight_decay=section.weight_decay,
            nesterov=section.nesterov and section.momentum > 0,
            fused=True,
        )
        self.pixels, self.examined = planes(training, device), planes(choosing, device)
        self.targets = label_targets(training).to(device)
        weights = class_weights(self.targets.sum(0), recipe.loss.class_weights)
        self.weights = weights.to(device) if weights is not None else None
        # Losses that grow with the epochs have grown before quantisation-aware training begins.
        self.gone = recipe.train.epochs if recipe.qat else 0
        self.bf16 = computes_in_bf16(recipe, self.body, self.spec, device)
        self.wanted: Targets | Answers | None = teachers if isinstance(teachers, Answers) else None
        if isinstance(teachers, Teachers) and self.hints is None:
            self.wanted = Targets(teachers, recipe, training.sha256, self.pixels, self.bf16)
        self.steps = max(1, len(training) // min(recipe.train.batch, len(training)))
        self.state = Progress(identity(recipe, training, choosing, teachers, start))
        join_batches(self.body)
        self.passes = passes(recipe, self.network)
        self.graphed = Graphed(self._gradients) if graphable(recipe, device) else None
        # The best weights since files were last written.
        self.unwritten: tuple[nn.Module, ModelCard] | None = None
        if device.type == "cuda":
            torch.backends.cudnn.benchmark = True  # every batch is of one size

    def resume(self) -> str:
        """Go on from the last state; returns the file whose loss makes that impossible, empty where none is lost.

        The best epoch's weights are in no other file than their own, but where that epoch is the last one.
        """
        if not led((self.out / LAST).exists):
            return LAST if led((self.out / FINISHED).exists) else ""
        self.state = load_state(self.out / LAST, self.state.identity, self.trained, self.average, self.optimizer)
        if led((self.out / BEST).exists):
            return ""
        if self.state.best_epoch != self.state.epoch:
            return BEST
        if leads():
            self._keep()
        return ""

    def _hints(self) -> Hints | None:
        if not self.recipe.loss.hints or not isinstance(self.teachers, Teachers):
            return None
        probe = torch.zeros((2, *self.spec.shape), device=self.device)
        return Hints(self.recipe.loss.hints, self.body, self.teachers, probe)

    def run_epoch(self, step: Step) -> None:
        recipe, start = self.recipe, time.monotonic()
        self.body.train()
        if recipe.qat:
            freeze_statistics(self.body)
        losses, rate = [], 0.0
        count, number, seed = len(self.training), self.state.epoch, recipe.train.seed
        view_number = number % recipe.augment.views if recipe.augment.views else number
        view = render(self.pixels, recipe.augment, seed, view_number)
        answers = self.wanted.of(view, view_number) if self.wanted else None
        taught = teaching(recipe.loss, answers) if answers is not None else None
        batches = epoch_batches(count, recipe.train.batch, seed, number, self.device, recipe.augment.mixup)
        if self.graphed is not None:
            self.graphed.begin(view.faces, taught)
        note = f"epoch {number + 1}" + (f", best {self.state.best_accuracy:.2%}" if number else "")
        for done, batch in enumerate(batches):
            epochs = number + done / self.steps
            factor = rate_factor(recipe.rates, epochs, recipe.epochs)
            rate = recipe.learning_rate * factor * self.state.plateau.scale
            for group in self.optimizer.param_groups:
                group["lr"] = rate
            losses.append(self._step(batch, view.faces, taught, epochs + self.gone))
            step(1, note)
        if not math.isfinite(loss := float(torch.stack(losses).mean())):
            raise CheckFailed(
                f"{recipe.name}: the loss of epoch {number + 1} is {loss}, training has diverged",
                "lower optimizer.learning_rate, or set optimizer.clip=1",
            )
        accuracy = self._accuracy()
        self.state.plateau.update(accuracy, recipe.rates)
        self.state.epoch += 1
        seconds = round(time.monotonic() - start, 3)
        self.state.history.append(Epoch(self.state.epoch, loss, rate, accuracy, seconds))
        if better := accuracy > self.state.best_accuracy:
            self.state.best_accuracy, self.state.best_epoch = accuracy, self.state.epoch
        if leads():
            self._write(better)

    def keep_beginning(self) -> None:
        """Measure the network that quantisation-aware training begins with, and keep it until an epoch is better."""
        self.state.before = self.state.best_accuracy = self._accuracy()
        say(f"{self.recipe.name}: {self.state.before:.2%} in simulated INT8 before training")
        if leads():
            self._keep()

    def _keep(self) -> None:
        self._save(self._measured_body(), self._card())

    def _save(self, body: nn.Module, card: ModelCard) -> None:
        save(self.out / BEST, float_body(body) if self.recipe.qat else body, card, learned_scales(body))

    def _write(self, better: bool) -> None:
        epoch, section = self.state.epoch, self.recipe.train
        due = epoch % section.keep_every == 0 or epoch == self.recipe.epochs
        if better and not due:
            # Large weights take longer to write than a GPU takes for an epoch.
            self.unwritten = (copy.deepcopy(self._measured_body()), self._card())
        elif better:
            self.unwritten = None
            self._keep()
        if due:
            if self.unwritten is not None:
                self._save(*self.unwritten)
                self.unwritten = None
            save_state(self.out / LAST, self.state, self.trained, self.average, self.optimizer)
        write_text(self.out / METRICS, "".join(json.dumps(asdict(entry)) + "\n" for entry in self.state.history))

    def _step(self, batch: Batch, view: Tensor, taught: Tensor | None, epochs: float) -> Tensor:
        recipe = self.recipe
        rows, weight = batch.rows, batch.mix_weight
        graphed = self.graphed
        loss = graphed(rows, weight) if graphed else self._gradients(rows, weight, view, taught, epochs)
        sum_gradients(self.parameters)
        if recipe.optimizer.clip:
            nn.utils.clip_grad_norm_(self.parameters, recipe.optimizer.clip)
        self.optimizer.step()
        if self.average is not None:
            self.average.follow(recipe.train.ema, self.state.epoch * self.steps)
        return loss

    def _gradients(
        self, rows: Tensor, weight: Tensor | float, view: Tensor, taught: Tensor | None, epochs: float = 0.0
    ) -> Tensor:
        """The loss of the faces at `rows`, mixed by `weight`; leaves its gradients."""
        recipe, classes = self.recipe, len(self.training.emotions)
        faces, targets = view[rows].float(), self.targets[rows]
        if taught is not None:
            targets = torch.cat((targets, taught[rows]), 1)
        if recipe.augment.mixup:
            faces, targets = mix(faces, targets, weight)
        if taught is not None:
            targets, taught = targets[:, :classes], targets[:, classes:]
        faces = own_slice(faces)
        if self.hints is None:
            loss = batch_loss(recipe.loss, self._logits(faces), targets, taught, self.weights, epochs)
        else:
            logits, taught, hint = self._hinted(self.hints, faces)
            loss = hint + batch_loss(recipe.loss, logits, targets, taught, self.weights, epochs)
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        align_gradients(self.parameters)
        return loss.detach()

    def _logits(self, faces: Tensor) -> Tensor:
        pixels = fit(faces, self.spec).contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            return gathered(self.passes(pixels).float())

    def _hinted(self, hints: Hints, faces: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The student's logits, what its teacher says of these very faces, and how far their features are apart."""
        assert isinstance(self.teachers, Teachers)
        with hints.watched() as seen:
            logits = self._logits(faces)
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
                answers = gathered(self.teachers.logits(faces).float())
        apart = gathered(hints.loss(seen)[None]).mean()
        return logits, teaching(self.recipe.loss, answers), self.recipe.loss.hint_weight * apart

    def _measured_body(self) -> nn.Module:
        return self.average.body if self.average is not None else self.body

    @torch.no_grad()
    def _accuracy(self) -> float:
        network = Network(self._measured_body(), self.spec).to(self.device).eval()
        guesses = spread(lambda part: network(fit(part.float(), self.spec)).argmax(1), self.examined.split(512))
        right = guesses.cpu() == torch.from_numpy(self.choosing.labels.copy())
        return int(right.sum()) / len(right)

    def _card(self) -> ModelCard:
        teacher, epoch = self.teachers.name if self.teachers else "", self.state.epoch
        return model_card(self.recipe, self.training, self.choosing, self.spec, self.size, epoch, teacher, self.begun)

    def finish(self, whole: FaceSet) -> Run:
        """Measure the best epoch fully and put the figures into its card: the official ones, and the leak-free."""
        network, card = load(self.out / BEST)
        with TorchSession(network, card, device=str(self.device)) as session:
            measured = measurements(evaluate_protocols(session, self.choosing, whole))
        card = card.but(measured=measured)
        save(self.out / BEST, network.body, card, read_scales(self.out / BEST))
        int8 = (self.state.before, self.state.best_accuracy) if self.recipe.qat else None
        values = {
            "identity": self.state.identity,
            "history": [asdict(line) for line in self.state.history],
            "int8": int8,
        }
        write_text(self.out / FINISHED, json.dumps(values))
        return Run(self.out, card, tuple(self.state.history), int8)


def limited(faces: FaceSet, limit: int | None) -> FaceSet:
    """The first `limit` faces of a set, with a hash of their own."""
    if limit is None or limit >= len(faces):
        return faces
    targets = None if faces.targets is None else faces.targets[:limit]
    digest = sha256_of(faces.sha256, str(limit))
    return replace(faces, pixels=faces.pixels[:limit], labels=faces.labels[:limit], targets=targets, sha256=digest)
