"""Every script that holds edgefer against a plain reference, one after another, each within its time.

    python benchmarks/all.py [--clip CLIP --detector DETECTOR.onnx] [--only NAME...] [--limit 180] [--write]

About nine minutes on two cores. The camera's scripts need a film with faces and YuNet's file, and are left out without them.
A script that fails or takes longer than its limit ends the command with 1, after the others have run. Not here: the
studies `int8_accuracy`, `int8_cpu`, `int8_layers` and `student_shapes`, which hold networks against each other,
`camera_clips` and `camera_floor`, which tell how well people are followed and what a floor costs, and `suite`, which
holds two runs of `edgefer benchmark` against each other.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS: dict[str, tuple[str, ...]] = {
    "startup": (),
    "measure_overhead": (),
    "inference": (),
    "data_loading": (),
    "data_prepare": (),
    "export": (),
    "int8_build": (),
    "training": ("--faces", "2048", "--epochs", "2"),
}
CAMERA: dict[str, tuple[str, ...]] = {
    "camera_start": ("CLIP", "DETECTOR"),
    "camera_loop": ("CLIP", "DETECTOR"),
    "camera_memory": ("CLIP", "DETECTOR"),
    "camera_age": ("DETECTOR",),
    "camera_crowd": ("DETECTOR",),
}


def chosen(only: Sequence[str], clip: str | None, detector: str | None) -> dict[str, tuple[str, ...]]:
    """Arguments by script."""
    scripts = dict(SCRIPTS)
    if clip and detector:
        given = {"CLIP": clip, "DETECTOR": detector}
        scripts.update({name: tuple(given[word] for word in words) for name, words in CAMERA.items()})
    return {name: scripts[name] for name in scripts if not only or name in only}


def run_all(scripts: Mapping[str, Sequence[str]], more: Sequence[str], limit: float, folder: Path = HERE) -> list[str]:
    """Run each in a process of its own; returns what failed, and how."""
    failed = []
    for name, arguments in scripts.items():
        print(f"{name}: python benchmarks/{name}.py {' '.join(arguments)}".rstrip(), flush=True)
        command = [sys.executable, str(folder / f"{name}.py"), *arguments, *more]
        try:
            code = subprocess.run(command, timeout=limit, check=False).returncode
        except subprocess.TimeoutExpired:
            failed.append(f"{name} took longer than {limit:g} s")
            continue
        if code:
            failed.append(f"{name} ended with exit code {code}")
    return failed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--clip", help="a film with faces, for the camera's scripts")
    parser.add_argument("--detector", help="YuNet's file, for them")
    parser.add_argument("--only", nargs="+", choices=(*SCRIPTS, *CAMERA), default=(), metavar="NAME")
    parser.add_argument("--limit", type=float, default=180, help="seconds of one script; default 180")
    parser.add_argument("--write", action="store_true", help="each script adds its record to docs/benchmarks")
    options = parser.parse_args(arguments)
    scripts = chosen(options.only, options.clip, options.detector)
    if left := [name for name in CAMERA if name not in scripts and (not options.only or name in options.only)]:
        print(f"left out: {', '.join(left)}: name a film and YuNet's file with --clip and --detector", file=sys.stderr)
    failed = run_all(scripts, ["--write"] if options.write else [], options.limit)
    if failed:
        sys.exit(f"error: {'; '.join(failed)}")


if __name__ == "__main__":
    main()
