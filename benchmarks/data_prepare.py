"""Time and memory of preparing fer2013.csv and of opening the store, against Python's csv module and lists of int.

    python benchmarks/data_prepare.py [--rows 4000] [--source fer2013.csv] [--json]

Each way runs in a process of its own, because peak memory only grows. Needs no dataset: without --source it writes a
csv of random faces in the official layout.
"""

from __future__ import annotations

import argparse
import csv
import json
import multiprocessing
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

ROUNDS = 3  # the median is reported


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


def _measured(
    work: Callable[[Path, Path], None], source: Path, out: Path, answers: multiprocessing.SimpleQueue
) -> None:
    import edgefer.data.prepare  # noqa: F401  imports are no part of the time; both ways pay for their memory

    start = time.perf_counter()
    work(source, out)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    answers.put((seconds, peak))


def measure(work: Callable[[Path, Path], None], source: Path, out: Path) -> tuple[float, float]:
    """Median seconds and megabytes of peak resident memory over `ROUNDS` fresh processes."""
    context = multiprocessing.get_context("spawn")
    results = []
    for _ in range(ROUNDS):
        answers = context.SimpleQueue()
        process = context.Process(target=_measured, args=(work, source, out, answers))
        process.start()
        process.join()
        if process.exitcode:
            sys.exit(f"error: {work.__name__} failed")
        results.append(answers.get())
    seconds, peaks = zip(*results, strict=True)
    return statistics.median(seconds), statistics.median(peaks) / 1e6


def write_csv(path: Path, rows: int) -> None:
    rng = np.random.default_rng(0)
    with path.open("w") as handle:
        handle.write("emotion,pixels,Usage\n")
        for row in range(rows):
            face = " ".join(map(str, rng.integers(0, 256, 2304).tolist()))
            handle.write(f"{row % 7},{face},{'Training' if row < 0.8 * rows else 'PublicTest'}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=4000, help="faces of the csv that is written; default 4000")
    parser.add_argument("--source", type=Path, help="a real fer2013.csv instead")
    parser.add_argument("--json", action="store_true", help="print JSON")
    args = parser.parse_args()
    if args.rows < 2:
        parser.error("--rows must be at least 2")
    if args.source and not args.source.is_file():
        parser.error(f"--source {args.source} is not a file")
    with tempfile.TemporaryDirectory() as folder:
        source, out = args.source or Path(folder) / "fer2013.csv", Path(folder) / "store"
        if not args.source:
            write_csv(source, args.rows)
        results = {
            work.__name__: measure(work, source, out) for work in (plain, prepare, load_plain, load_store, open_only)
        }
        megabytes = source.stat().st_size / 1e6
    ratio = {
        "prepare": results["plain"][0] / results["prepare"][0],
        "prepare memory": results["plain"][1] / results["prepare"][1],
        "load": results["load_plain"][0] / results["load_store"][0],
    }
    if args.json:
        print(json.dumps({"csv_megabytes": megabytes, "seconds_megabytes": results, "ratio": ratio}, indent=2))
        return
    print(f"{megabytes:.0f} MB csv, median of {ROUNDS} processes")
    print(f"{'':34}{'seconds':>9}{'peak MB':>9}")
    names = {
        "plain": "csv module, lists of int, npz",
        "prepare": "edgefer: prepare a store",
        "load_plain": "npz: load and sum Training",
        "load_store": "edgefer: open and sum Training",
        "open_only": "edgefer: open alone",
    }
    for name, (seconds, peak) in results.items():
        print(f"{names[name]:34}{seconds:9.3f}{peak:9.0f}")
    print(
        f"ratio: prepared {ratio['prepare']:.1f} times as fast in 1/{ratio['prepare memory']:.1f} of the memory,"
        f" loaded {ratio['load']:.1f} times as fast"
    )


if __name__ == "__main__":
    main()
