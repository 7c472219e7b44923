"""One epoch of training batches out of a store, against plain numpy and against PyTorch's DataLoader.

    python benchmarks/data_loading.py [--faces 20000] [--rounds 15] [--data NAME] [--write] [--json]

Batches of 64 float32 faces and their labels in a shuffled order, nothing rendered, one thread. edgefer opens the store,
lays the split out as uint8 planes and draws its batches, as the trainer does. Plain numpy loads the same pixels from an
npz, shuffles and casts; the DataLoader hands out one face at a time from a Dataset over the same array, `num_workers=0`.
Without --data the store is made of random faces.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import _script
import numpy as np

BATCH = 64
SPLIT = "Training"


def edgefer(store: Path, epoch: int = 0) -> int:
    """Faces handed out in one epoch of the trainer's own parts."""
    import torch

    from edgefer.card import InputSpec
    from edgefer.data.store import open_store
    from edgefer.distill.batches import epoch_batches, fit, label_targets, planes

    faces = open_store(store).split(SPLIT)
    device = torch.device("cpu")
    pixels, targets = planes(faces, device), label_targets(faces)
    spec, done = InputSpec(height=faces.pixels.shape[1], width=faces.pixels.shape[2]), 0
    for batch in epoch_batches(len(faces), BATCH, 0, epoch, device, 0.0):
        given, _labels = fit(pixels[batch.rows].float(), spec), targets[batch.rows]
        done += len(given)
    return done


def plain_numpy(file: Path) -> int:
    with np.load(file) as arrays:
        pixels, labels = arrays["pixels"], arrays["labels"]
    order, done = np.random.default_rng(0).permutation(len(pixels)), 0
    for start in range(0, len(order) - BATCH + 1, BATCH):
        rows = order[start : start + BATCH]
        given, _labels = pixels[rows][:, None].astype(np.float32), labels[rows]
        done += len(given)
    return done


def plain_loader(file: Path) -> int:
    import torch
    from torch.utils.data import DataLoader, Dataset

    with np.load(file) as arrays:
        pixels, labels = arrays["pixels"], arrays["labels"]

    class Faces(Dataset):
        def __len__(self) -> int:
            return len(pixels)

        def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
            return torch.from_numpy(pixels[index])[None].float(), int(labels[index])

    return sum(len(given) for given, _labels in DataLoader(Faces(), BATCH, shuffle=True, drop_last=True))


def write_store(folder: Path, count: int) -> Path:
    """A store of random faces: what they show makes no difference to the time."""
    from edgefer.data.dataset import Dataset
    from edgefer.data.store import write_store as write
    from edgefer.emotions import FER2013

    source = np.random.default_rng(0)
    pixels = source.integers(0, 256, (count, 48, 48), np.uint8)
    dataset = Dataset(
        name="noise",
        emotions=FER2013,
        splits=(SPLIT,),
        labels=source.integers(0, len(FER2013), count).astype(np.uint8),
        codes=np.zeros(count, np.uint8),
        size=(48, 48),
        faces=lambda: iter([pixels]),
        source="noise",
        source_sha256="",
        command="",
    )
    write(folder / "store", dataset)
    return folder / "store"


def sides(store: Path, file: Path) -> dict[str, Callable[[], float]]:
    """What is timed; the npz is written here."""
    from edgefer.data.store import open_store

    faces = open_store(store).split(SPLIT)
    np.savez(file, pixels=faces.pixels, labels=faces.labels)
    works = {
        "edgefer": partial(edgefer, store),
        "numpy": partial(plain_numpy, file),
        "loader": partial(plain_loader, file),
    }
    if len(handed := {work() for work in works.values()}) > 1:
        raise SystemExit(f"error: the sides hand out different numbers of faces: {sorted(handed)}")
    return {name: partial(_script.seconds, work) for name, work in works.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--faces", type=int, default=20000, help="random faces; default 20000")
    parser.add_argument("--rounds", type=int, default=15, help="default 15")
    parser.add_argument("--data", help="a prepared store instead")
    options = parser.parse_args(arguments)
    if options.faces < BATCH:
        parser.error(f"--faces must be at least {BATCH}")
    run = _script.begin(__file__, options, arguments, __doc__)
    import torch

    from edgefer.data.load import locate

    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory(prefix="edgefer-loading-") as place:
        folder = Path(place)
        store = locate(options.data) if options.data else write_store(folder, options.faces)
        found = _script.in_turn(sides(store, folder / "faces.npz"), options.rounds)
    run.found(
        _script.ratio("an epoch's batches, over plain numpy", found["edgefer"], found["numpy"], "s"),
        _script.ratio("an epoch's batches, over a DataLoader", found["edgefer"], found["loader"], "s"),
    )
    _script.finish(run)


if __name__ == "__main__":
    main()
