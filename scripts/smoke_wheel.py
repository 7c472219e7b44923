"""Does the wheel work where nothing else of edgefer is? Builds it, installs it into an empty environment, and uses it.

    python scripts/smoke_wheel.py [--wheel FILE] [--constraint FILE]

The base install alone, from the index that pip is set up for, in a temporary folder away from the checkout. Prints each
command with its seconds; exits 1 at the first that fails. tests/test_wheel.py does the same without an index.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FRAMES = 5
STUDENT = "fer2013-s-best"
LOAD = f"""
import sys, edgefer
face = [[(x * y) % 256 for x in range(60)] for y in range(60)]
import numpy
with edgefer.load("{STUDENT}") as session:
    (prediction,) = session.predict(numpy.array(face, numpy.uint8))
assert abs(sum(prediction.probabilities.values()) - 1) < 1e-4
print(edgefer.__file__)
"""


class Failed(Exception):
    """A command of the smoke test did not do what it should."""


@dataclass(frozen=True)
class Step:
    """A command after `edgefer`, or code for Python, and what its output must hold. codes: exits that are right."""

    words: tuple[str, ...]
    sound: Callable[[str], bool]
    codes: tuple[int, ...] = (0,)


def steps(package: Path) -> list[Step]:
    """What is tried, given the folder of the installed package."""
    student = package / "students" / f"{STUDENT}.onnx"
    return [
        Step(("--version",), lambda out: out.startswith("edgefer ")),
        Step(("--help",), lambda out: "build-engine" in out),
        Step(("run", "--source", "demo://", "--headless", "--jsonl", "-", "--max-frames", str(FRAMES)), _frames),
        Step(("inspect", str(student)), lambda out: STUDENT in out),
        Step(("evaluate", "fer2013-c-best", "--data", "demo", "--json"), lambda out: "accuracy" in json.loads(out)),
        Step(("recipes", "show", "demo-c"), lambda out: "mini-resemotenet-c" in out),
        # 1 where no face detector is here, which the wheel does not carry; it says so.
        Step(("doctor", "--for", "run"), lambda out: "Python" in out, (0, 1)),
        Step(("-c", LOAD), lambda out: Path(out.strip()).parent == package),
    ]


def _frames(out: str) -> bool:
    return [json.loads(line)["frame"] for line in out.splitlines()] == list(range(FRAMES))


def build(folder: Path) -> Path:
    """The wheel of this checkout, built into `folder` in an environment of its own."""
    _run([sys.executable, "-m", "pip", "wheel", "--no-deps", "--wheel-dir", str(folder), str(ROOT)], folder)
    return next(folder.glob("edgefer-*.whl"))


def smoke(python: Path, folder: Path, say: Callable[[str], None] = print) -> None:
    """Use the edgefer of an environment, in `folder`; raises Failed at the first command that does not work."""
    place = _run([str(python), "-c", "import edgefer; print(edgefer.__file__)"], folder).stdout.strip()
    environment = python.parent.parent
    if environment not in Path(place).parents:
        raise Failed(f"edgefer is {place}, which is not in {environment}")
    for step in steps(Path(place).parent):
        program = [str(python)] if step.words[0] == "-c" else [str(python.parent / "edgefer")]
        begin = time.monotonic()
        done = _run([*program, *step.words], folder, step.codes)
        if not step.sound(done.stdout):
            raise Failed(f"{' '.join(step.words)} printed {done.stdout[:300]!r}")
        name = "edgefer.load" if step.words[0] == "-c" else f"edgefer {' '.join(step.words)}"
        say(f"{time.monotonic() - begin:6.1f} s  exit {done.returncode}  {name.replace(str(environment), '.venv')}")


def _run(command: Sequence[str], folder: Path, codes: tuple[int, ...] = (0,)) -> subprocess.CompletedProcess[str]:
    # A checkout on PYTHONPATH would be taken for the wheel; coverage would write into the folder.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONPATH" and "COVERAGE" not in name}
    done = subprocess.run(
        command, cwd=folder, env={**kept, "EDGEFER_HOME": str(folder / "home")}, capture_output=True, text=True
    )
    if done.returncode not in codes or "Traceback" in done.stderr:
        raise Failed(f"{' '.join(command)} ended with {done.returncode}: {done.stderr[-2000:]}")
    return done


def main() -> None:
    """Build, install, use."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--wheel", type=Path, help="a wheel that is there already")
    parser.add_argument("--constraint", type=Path, help="versions for pip, such as constraints.txt")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="edgefer-wheel-") as place:
        folder = Path(place)
        try:
            wheel = asked.wheel.resolve() if asked.wheel else build(folder)
            print(f"{wheel.name}: {wheel.stat().st_size / 1e6:.1f} MB")
            venv.create(folder / ".venv", with_pip=True)
            python = folder / ".venv" / "bin" / "python"
            versions = ["-c", str(asked.constraint.resolve())] if asked.constraint else []
            begin = time.monotonic()
            _run([str(python), "-m", "pip", "install", *versions, str(wheel)], folder)
            print(f"{time.monotonic() - begin:6.1f} s  pip install {wheel.name}")
            smoke(python, folder)
        except Failed as error:
            sys.exit(f"error: {error}")
    print("the wheel works")


if __name__ == "__main__":
    main()
