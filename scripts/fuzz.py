"""A long fuzz of the parsers, on one core.

    python scripts/fuzz.py --seconds 60 [--target card ...] [--seed 1] [--out DIR]
    python scripts/fuzz.py --seconds 60 --engine atheris      # libFuzzer; pip install atheris, Linux on x86-64 only

Every target has so many seconds. A line each: inputs run, inputs that reached something new, lines of edgefer (and of
the standard library's parsers) that they ran, by the same count for both engines, and faults. An input that shows a fault
is made shorter and put into DIR, from where it goes into `tests/robustness/fuzz_inputs.py`. Exit 1 where there is one.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.robustness.fuzz_loop import Found

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ.setdefault("OMP_NUM_THREADS", "1")
CHILD = "--one-target-of-atheris"


def main() -> int:
    """Run what the command line asks for; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--target", action="append", default=[])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--engine", choices=("own", "atheris"), default="own")
    parser.add_argument("--out", type=Path, default=Path("fuzz-faults"))
    asked = parser.parse_args()
    out = asked.out.resolve()
    with tempfile.TemporaryDirectory(prefix="edgefer-fuzz-") as scratch:
        os.chdir(scratch)
        from tests.robustness.fuzz_loop import fuzz, shrunk
        from tests.robustness.fuzz_targets import targets

        every, faults = targets(), 0
        if unknown := set(asked.target) - set(every):
            parser.error(f"unknown target {', '.join(unknown)}; known: {', '.join(every)}")
        print(f"{'target':16} {'inputs':>9} {'new':>6} {'lines':>6} {'faults':>6}", flush=True)
        for name in asked.target or every:
            target = every[name]
            if asked.engine == "atheris":
                found = by_atheris(name, asked.seconds, asked.seed)
            else:
                end = time.monotonic() + asked.seconds
                found = fuzz(target, Random(f"{asked.seed} {name}"), lambda _done, end=end: time.monotonic() < end)
            counts = (found.executions, len(found.corpus), len(found.lines), len(found.faults))
            print(f"{name:16} {counts[0]:9} {counts[1]:6} {counts[2]:6} {counts[3]:6}", flush=True)
            for fault in found.faults.values():
                data = shrunk(target, fault)
                file = out / f"{name.replace(' ', '-')}-{hashlib.sha256(data).hexdigest()[:12]}"
                out.mkdir(parents=True, exist_ok=True)
                file.write_bytes(data)
                print(f"    {fault.what} at {fault.where}: {file}", flush=True)
            faults += len(found.faults)
    return 1 if faults else 0


def by_atheris(name: str, seconds: float, seed: int) -> Found:
    """The same target under libFuzzer, in a process of its own; what it kept is counted as the own engine counts."""
    from tests.robustness.fuzz_loop import Found, Tracer, outcome
    from tests.robustness.fuzz_targets import targets

    target = targets()[name]
    with tempfile.TemporaryDirectory(prefix="edgefer-atheris-") as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        for number, data in enumerate(target.seeds):
            (corpus / f"seed-{number}").write_bytes(data)
        words = Path(folder, "words")
        quoted = ("".join(f"\\x{byte:02x}" for byte in word) for word in target.words if word)
        words.write_text("".join(f'"{word}"\n' for word in quoted))
        options = (
            f"-max_total_time={seconds:g}",
            f"-seed={seed}",
            *([f"-dict={words}"] if target.words else []),
            "-max_len=65536",
            "-rss_limit_mb=0",
        )
        command = [
            sys.executable,
            __file__,
            CHILD,
            name,
            str(corpus),
            *options,
            "-print_final_stats=1",
            f"-artifact_prefix={folder}/",
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False, errors="replace")
        executed = [line.split()[-1] for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        found, tracer = Found(int(executed[0]) if executed else 0), Tracer()
        inputs = [
            *sorted(corpus.iterdir()),
            *sorted(Path(folder).glob("crash-*")),
            *sorted(Path(folder).glob("timeout-*")),
        ]
        if not executed:
            print(done.stderr[-2000:], file=sys.stderr)
        for path in inputs:
            data = path.read_bytes()
            fault, _ = outcome(target, data, tracer)
            found.corpus.append(data)
            if fault is not None:
                found.faults.setdefault(fault.key, fault)
        found.lines = tracer.lines
    return found


def child(name: str, arguments: list[str]) -> None:
    """Under atheris: edgefer's modules and the parsers of the standard library are instrumented as they are imported."""
    import atheris

    with atheris.instrument_imports(include=["edgefer", "tomllib", "csv"]):
        from tests.robustness.fuzz_loop import outcome
        from tests.robustness.fuzz_targets import targets

    target = targets()[name]

    def one(data: bytes) -> None:
        fault, _ = outcome(target, data)
        if fault is not None:
            raise RuntimeError(fault.what)

    atheris.Setup([sys.argv[0], *arguments], one)
    atheris.Fuzz()


if __name__ == "__main__":
    if sys.argv[1:2] == [CHILD]:
        child(sys.argv[2], sys.argv[3:])
    else:
        sys.exit(main())
