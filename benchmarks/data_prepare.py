"""Time and memory of preparing fer2013.csv and of opening the store, against Python's csv module and lists of int.

    python benchmarks/data_prepare.py [--rows 4000] [--rounds 5] [--source fer2013.csv] [--write] [--json]

Each way runs in a process of its own, because peak memory only grows, in turn, with the libraries imported. Needs no
dataset: without --source it writes a csv of random faces in the official layout.
"""

from __future__ import annotations

import csv
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import _script
import numpy as np


def plain(source: Path, out: Path) -> None:
    """The reference: every number becomes a Python int in a list, the lists become arrays, the arrays one npz."""
    pixels, labels, usages = [], [], []
    with source.open(newline="") as handle:
        for row in csv.DictReader(handle):
            pixels.append([int(number) for number in row["pixels"].split()])
            labels.append(int(row["emotion"]))
            usages.append(row["Usage"])
    faces = np.array(pixels, np.uint8).reshape(-1, 48, 48)
    np.savez(out.with_suffix(".npz"), faces=faces, labels=labels, usages=usages)


def prepare(source: Path, out: Path) -> None:
    from edgefer.data.prepare import prepare
    from edgefer.data.readers.fer2013 import FER2013

    prepare(FER2013, source, out, force=True)


def load_plain(_source: Path, out: Path) -> None:
    with np.load(out.with_suffix(".npz")) as arrays:
        training = arrays["usages"] == "Training"
        arrays["faces"][training].sum(dtype=np.int64)


def load_store(_source: Path, out: Path) -> None:
    from edgefer.data.store import open_store

    open_store(out).split("Training").pixels.sum(dtype=np.int64)


def open_only(_source: Path, out: Path) -> None:
    from edgefer.data.store import open_store

    open_store(out).split("Training")


def measured(name: str, source: Path, out: Path) -> tuple[float, float]:
    """Seconds and megabytes of peak resident memory of one way; call it in a fresh process."""
    import edgefer.data.prepare  # noqa: F401  imports are no part of the time; both ways pay for their memory

    taken = _script.seconds(partial(WAYS[name], source, out))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return taken, peak / 1e6


WAYS: dict[str, Callable[[Path, Path], None]] = {
    "csv module, lists of int, npz": plain,
    "edgefer: prepare a store": prepare,
    "npz: load and sum Training": load_plain,
    "edgefer: open and sum Training": load_store,
    "edgefer: open alone": open_only,
}


def write_csv(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    with path.open("w") as handle:
        handle.write("emotion,pixels,Usage\n")
        for row in range(rows):
            face = " ".join(map(str, rng.integers(0, 256, 2304).tolist()))
            handle.write(f"{row % 7},{face},{'Training' if row < 0.8 * rows else 'PublicTest'}\n")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--rows", type=int, default=4000, help="faces of the csv that is written; default 4000")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--source", type=Path, help="a real fer2013.csv instead")
    options = parser.parse_args(arguments)
    if options.rows < 2:
        parser.error("--rows must be at least 2")
    if options.source and not options.source.is_file():
        parser.error(f"--source {options.source} is not a file")
    run = _script.begin(__file__, options, arguments, __doc__)
    with tempfile.TemporaryDirectory(prefix="edgefer-prepare-") as place:
        folder = Path(place)
        source, out = options.source or folder / "fer2013.csv", folder / "store"
        if not options.source:
            write_csv(source, options.rows)
        sides = {name: partial(_script.fresh, measured, name, source, out) for name in WAYS}
        # Backwards, a round would load what it has not prepared yet; the first, which does not count, prepares it.
        found = _script.in_turn(sides, options.rounds)
        megabytes = source.stat().st_size / 1e6
    run.say(f"{megabytes:.0f} MB csv, median of {options.rounds} processes")
    run.say(f"{'':34}{'seconds':>9}{'peak MB':>9}")
    for name, pairs in found.items():
        taken, peak = np.median(pairs, 0)
        run.say(f"{name:34}{taken:9.3f}{peak:9.0f}")
    csv_way, store_way, npz, opened = (list(zip(*found[name], strict=True)) for name in list(WAYS)[:4])
    run.found(
        _script.ratio("preparing, time", store_way[0], csv_way[0], "s"),
        _script.ratio("preparing, peak memory", store_way[1], csv_way[1], "MB"),
        _script.ratio("loading, time", opened[0], npz[0], "s"),
    )
    _script.finish(run)


if __name__ == "__main__":
    main()
