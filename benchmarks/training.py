"""Faces a second of training student C, against a plain PyTorch loop: Dataset, DataLoader, one PIL picture at a time.

    python benchmarks/training.py [--faces 4096] [--epochs 3] [--rounds 3] [--threads 1] [--compile] [--write] [--json]

Both sides train the same network by the same recipe (mirror, rotation, scale, shift; SGD; batch 64) on the same random
faces with as many cores, each in a process of its own, in turn. The reference is what a tutorial writes: float32, one
picture at a time through PIL, `num_workers=0`. With a teacher (student S) it asks it for every batch, as a tutorial
does; edgefer asks once a view and keeps the answers, so its first epoch over the views is slower: both are shown. `--compile`
adds edgefer's trainer through torch.compile, whose first epoch, which compiles, is left out.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import _script

BATCH, VIEWS = 64, 2


def recipe(epochs: int, views: int) -> Any:
    """Recipe fer2013-c, shortened."""
    from edgefer.recipe import load

    changes = (f"train.epochs={epochs}", f"train.batch={BATCH}", f"augment.views={views}", "train.keep_every=1000")
    return load("fer2013-c", changes)


def faces(count: int, split: str, seed: int) -> Any:
    """Random faces: what they show makes no difference to the time."""
    import numpy as np

    from edgefer.data.faces import FaceSet
    from edgefer.emotions import FER2013

    source = np.random.default_rng(seed)
    pixels = source.integers(0, 256, (count, 48, 48), np.uint8)
    return FaceSet.of("noise", split, FER2013, pixels, source.integers(0, 7, count))


def compiled(count: int, epochs: int, taught: bool) -> list[float]:
    """As `ours`, through torch.compile; the epoch that compiles comes on top."""
    return ours(count, epochs + 1, taught, compiling=True)[1:]


def ours(count: int, epochs: int, taught: bool, compiling: bool = False) -> list[float]:
    """Seconds of each epoch in edgefer's trainer."""
    import torch

    from edgefer.distill.teachers import load_teachers
    from edgefer.distill.trainer import train
    from edgefer.runtime.find import shipped_checkpoint

    training, choosing = faces(count, "Training", 0), faces(64, "PublicTest", 1)
    plan = recipe(VIEWS + epochs if taught else epochs, VIEWS if taught else 0)
    plan = plan.model_copy(update={"train": plan.train.model_copy(update={"compile": compiling})})
    teachers = None
    if taught:
        teachers = load_teachers((shipped_checkpoint("fer2013-s"),), training.emotions, torch.device("cpu"))
    with tempfile.TemporaryDirectory() as folder:
        os.environ["EDGEFER_HOME"] = folder
        run = train(plan if taught else plan.alone(), training, choosing, Path(folder) / "run", teachers)
    return [epoch.seconds for epoch in run.history]


def plain(count: int, epochs: int, taught: bool) -> list[float]:
    """Seconds of each epoch in the reference loop."""
    import numpy as np
    import torch
    from PIL import Image
    from torch.nn import functional as F
    from torch.utils.data import DataLoader, Dataset

    from edgefer.models.checkpoint import load
    from edgefer.models.registry import build
    from edgefer.runtime.find import shipped_checkpoint

    plan, given = recipe(epochs, 0), faces(count, "Training", 0)
    section, source = plan.augment, np.random.default_rng(0)

    class Faces(Dataset):
        def __len__(self) -> int:
            return count

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            picture = Image.fromarray(given.pixels[index])
            if source.random() < 0.5:
                picture = picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
            if source.random() < section.share:
                angle = math.radians(source.uniform(-section.rotate, section.rotate))
                scale = source.uniform(1 - section.scale, 1 + section.scale)
                dx, dy = source.uniform(-section.shift, section.shift, 2) * 48
                cosine, sine = math.cos(angle) * scale, math.sin(angle) * scale
                x = 24 - cosine * 24 + sine * 24 + dx
                y = 24 - sine * 24 - cosine * 24 + dy
                matrix = (cosine, -sine, x, sine, cosine, y)
                picture = picture.transform((48, 48), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
            pixels = torch.from_numpy(np.array(picture, np.float32))[None] / 255
            return (pixels - 0.5077) / 0.2550, int(given.labels[index])

    options = {"stem_dropout": plan.model.stem_dropout, "head_dropout": plan.model.head_dropout}
    student = build(plan.model.architecture, 1, 7, **options)
    teacher = load(shipped_checkpoint("fer2013-s"))[0].eval() if taught else None
    section_of = plan.optimizer
    optimizer = torch.optim.SGD(
        student.parameters(), section_of.learning_rate, section_of.momentum, 0, section_of.weight_decay, nesterov=True
    )
    seconds = []
    for _ in range(epochs):
        begin = time.perf_counter()
        student.train()
        for pixels, labels in DataLoader(Faces(), BATCH, shuffle=True, drop_last=True):
            logits = student(pixels)
            loss = F.cross_entropy(logits, labels)
            if teacher is not None:
                with torch.no_grad():
                    taught_logits = teacher((pixels * 0.2550 + 0.5077) * 255)
                divergence = F.kl_div(
                    F.log_softmax(logits / 2, 1), F.softmax(taught_logits / 2, 1), reduction="batchmean"
                )
                loss = 0.2 * loss + 0.8 * 4 * divergence
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(student.parameters(), 5.0)
            optimizer.step()
        seconds.append(time.perf_counter() - begin)
    return seconds


PLAIN, OURS, COMPILED = "plain", "edgefer", "edgefer, compiled"
PLAIN_TAUGHT, TAUGHT, ASKING = "plain, taught", "edgefer, taught", "edgefer, asking the teacher"
SIDES = {PLAIN: (plain, False), OURS: (ours, False), PLAIN_TAUGHT: (plain, True), TAUGHT: (ours, True)}
RATIOS = (
    ("alone", OURS, PLAIN),
    ("taught, answers kept", TAUGHT, PLAIN_TAUGHT),
    ("taught, answers asked", ASKING, PLAIN_TAUGHT),
    ("kept against asked", TAUGHT, ASKING),
)
COMPILATION = ("compiled against edgefer", COMPILED, OURS)


def measured(name: str, count: int, epochs: int, threads: int) -> dict[str, float]:
    """Faces a second of one side, by its median epoch; call it in a fresh process."""
    import torch

    torch.set_num_threads(threads)
    work, taught = SIDES.get(name, (compiled, False))
    seconds = {name: work(count, epochs, taught)}
    if name == TAUGHT:
        # The first epochs meet each view for the first time.
        seconds = {ASKING: seconds[name][:VIEWS], name: seconds[name][VIEWS:]}
    # The first epoch also pays for what is made once.
    steady = {side: values if side == ASKING else values[1:] or values for side, values in seconds.items()}
    return {side: count / statistics.median(values) for side, values in steady.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--faces", type=int, default=4096, help="default 4096")
    parser.add_argument("--epochs", type=int, default=3, help="measured epochs of each side; default 3")
    parser.add_argument("--rounds", type=int, default=3, help="processes of each side; default 3")
    parser.add_argument("--threads", type=int, default=1, help="cores of each side; default 1")
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too")
    options = parser.parse_args(arguments)
    if options.faces < BATCH or options.epochs < 2 or options.threads < 1:
        parser.error(f"--faces must be at least {BATCH}, --epochs at least 2, --threads at least 1")
    run = _script.begin(__file__, options, arguments, __doc__)
    os.environ["OMP_NUM_THREADS"] = str(options.threads)
    names = (*SIDES, *([COMPILED] if options.compile else ()))
    asked = (options.faces, options.epochs, options.threads)
    turns = _script.in_turn({name: partial(_script.fresh, measured, name, *asked) for name in names}, options.rounds, 0)
    rates = {side: [turn[side] for turn in values] for values in turns.values() for side in values[0]}
    run.say(
        f"student C, 48 px, batch {BATCH}, {options.threads} core(s), median epoch, {options.rounds} processes each"
    )
    for name, values in rates.items():
        run.say(f"{name:30}{statistics.median(values):8,.0f} faces/s")
    for name, ours_, other in (*RATIOS, *([COMPILATION] if options.compile else ())):
        run.found(_script.ratio(name, rates[ours_], rates[other], "faces/s", better="large"))
    _script.finish(run)


if __name__ == "__main__":
    main()
