"""From the command line to what it prints: `--help`, and the first answer of `run`, against plain scripts.

    python benchmarks/startup.py [--rounds 15] [--model MODEL.onnx] [--write] [--json]

Whole processes, from start to exit, in turn, files in the page cache. `--help` is held against the smallest typer app of
as many commands; `run --headless` on one picture against a script that reads it, runs the network and prints a line.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import _script

from edgefer.runtime.find import shipped_students

ROOT = Path(__file__).resolve().parent.parent
HELP_SECONDS = 0.3

PLAIN_HELP = """
import typer

app = typer.Typer()
for number in range(19):
    app.command(f"command-{number}")(lambda: None)
app()
"""

PLAIN_RUN = """
import json, sys
import cv2
import numpy as np
import onnxruntime as ort

options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(sys.argv[2], options, providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
face = cv2.resize(cv2.imread(sys.argv[1], cv2.IMREAD_GRAYSCALE), tuple(given.shape[:1:-1]), interpolation=cv2.INTER_AREA)
logits = session.run(None, {given.name: face[None, None].astype(np.float32)})[0][0]
odds = np.exp(logits - logits.max())
print(json.dumps({"label": int(logits.argmax()), "probabilities": (odds / odds.sum()).tolist()}))
"""


def seconds(command: Sequence[str]) -> float:
    """From start to exit of a process that must print something and exit with 0."""

    def call() -> None:
        # The package of this checkout, also where none or another one is installed.
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode or not done.stdout:
            raise SystemExit(f"error: {' '.join(command[1:3])} failed: {done.stderr.strip()[-300:]}")

    return _script.seconds(call)


def sides(folder: Path, model: Path) -> dict[str, Callable[[], float]]:
    """What is timed, by name."""
    import cv2

    from edgefer.data.load import load_faces

    face, plain_help, plain_run = (folder / name for name in ("face.png", "help.py", "run.py"))
    cv2.imwrite(str(face), load_faces("demo", "PublicTest").pixels[0])
    plain_help.write_text(PLAIN_HELP, encoding="utf-8")
    plain_run.write_text(PLAIN_RUN, encoding="utf-8")
    edgefer = [sys.executable, "-m", "edgefer"]
    watch = ["run", "--source", str(face), "--detector", "none", "--headless", "--jsonl", "-", "--threads", "1"]
    commands = {
        "help": [*edgefer, "--help"],
        "plain help": [sys.executable, str(plain_help), "--help"],
        "run": [*edgefer, *watch, "--engine", str(model)],
        "plain run": [sys.executable, str(plain_run), str(face), str(model)],
    }
    return {name: partial(seconds, command) for name, command in commands.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--rounds", type=int, default=15, help="default 15")
    parser.add_argument("--model", type=Path, default=shipped_students()["fer2013-c-best"], help="default student C")
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    with tempfile.TemporaryDirectory(prefix="edgefer-startup-") as place:
        found = _script.in_turn(sides(Path(place), options.model.resolve()), options.rounds)
    run.found(
        _script.ratio("edgefer --help", found["help"], found["plain help"], "s", budget=HELP_SECONDS),
        _script.ratio("first answer of edgefer run", found["run"], found["plain run"], "s"),
    )
    _script.finish(run)


if __name__ == "__main__":
    main()
