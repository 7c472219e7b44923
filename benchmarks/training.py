"""Faces a second of training student C, against a plain PyTorch loop: Dataset, DataLoader, one PIL picture at a time.

    python benchmarks/training.py [--faces 4096] [--epochs 3] [--threads 1] [--compile] [--json]

Both sides train the same network by the same recipe (mirror, rotation, scale, shift; SGD; batch 64) on the same random
faces with as many cores, each in a process of its own, in turn. The reference is what a tutorial writes: float32, one
picture at a time through PIL, `num_workers=0`. With a teacher (student S) it asks it for every batch, as a tutorial
does; edgefer asks once a view and keeps the answers, so its first epoch over the views is slower: both are shown. `--compile`
adds edgefer's trainer through torch.compile, whose first epoch, which compiles, is left out.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROUNDS = 3
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


SIDES = {
    "plain": (plain, False),
    "edgefer": (ours, False),
    "plain, taught": (plain, True),
    "edgefer, taught": (ours, True),
}
COMPILED = "edgefer, compiled"


def _measured(name: str, count: int, epochs: int, threads: int, answers: Any) -> None:
    import torch

    torch.set_num_threads(threads)
    work, taught = SIDES.get(name, (compiled, False))
    answers.put(work(count, epochs, taught))


def measure(count: int, epochs: int, threads: int, names: Sequence[str]) -> dict[str, float]:
    """Faces a second by side: the median epoch of `ROUNDS` processes, the sides in turn."""
    os.environ["OMP_NUM_THREADS"] = str(threads)
    context = multiprocessing.get_context("spawn")
    seconds: dict[str, list[float]] = {}
    for _ in range(ROUNDS):
        for name in names:
            answers = context.SimpleQueue()
            process = context.Process(target=_measured, args=(name, count, epochs, threads, answers))
            process.start()
            process.join()
            if process.exitcode:
                raise SystemExit(f"error: {name} failed")
            epoch_seconds = answers.get()
            if name == "edgefer, taught":
                seconds.setdefault("edgefer, asking the teacher", []).extend(epoch_seconds[:VIEWS])
                epoch_seconds = epoch_seconds[VIEWS:]
            # The first epoch also pays for what is made once.
            seconds.setdefault(name, []).extend(epoch_seconds[1:] or epoch_seconds)
    return {name: count / statistics.median(values) for name, values in seconds.items()}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--faces", type=int, default=4096, help="default 4096")
    parser.add_argument("--epochs", type=int, default=3, help="measured epochs of each side; default 3")
    parser.add_argument("--threads", type=int, default=1, help="cores of each side; default 1")
    parser.add_argument("--compile", action="store_true", help="measure torch.compile too")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    if args.faces < BATCH or args.epochs < 2 or args.threads < 1:
        parser.error(f"--faces must be at least {BATCH}, --epochs at least 2, --threads at least 1")
    rates = measure(args.faces, args.epochs, args.threads, (*SIDES, *([COMPILED] if args.compile else ())))
    ratio = {
        "alone": rates["edgefer"] / rates["plain"],
        "taught, answers kept": rates["edgefer, taught"] / rates["plain, taught"],
        "taught, answers asked": rates["edgefer, asking the teacher"] / rates["plain, taught"],
        "kept against asked": rates["edgefer, taught"] / rates["edgefer, asking the teacher"],
    }
    if args.compile:
        ratio["compiled against edgefer"] = rates[COMPILED] / rates["edgefer"]
    if args.json:
        print(json.dumps({"threads": args.threads, "faces_per_second": rates, "ratio": ratio}, indent=2))
        return
    print(f"student C, 48 px, batch {BATCH}, {args.threads} core(s), median epoch of {ROUNDS} processes")
    for name, rate in rates.items():
        print(f"{name:30}{rate:8,.0f} faces/s")
    print("ratio: " + ", ".join(f"{name} {value:.2f}" for name, value in ratio.items()))


if __name__ == "__main__":
    main()
