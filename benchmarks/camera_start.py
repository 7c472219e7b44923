"""From the start of `edgefer run` to the first emotion of a film on stdout, against a plain script of the same parts.

    python benchmarks/camera_start.py CLIP DETECTOR.onnx [--model MODEL.onnx] [--rounds 10] [--write] [--json]

Fresh processes in turn, files in the page cache; the clock starts before the process and stops when its first line is read.
The plain script opens the film, YuNet and ONNX Runtime, and prints what they say of the first frame. Without a model: the
student that `edgefer run` takes by itself.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import _script

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 0.3

PLAIN = """
import json, sys
import cv2
import numpy as np
import onnxruntime as ort

clip, detector, model = sys.argv[1:]
ok, frame = cv2.VideoCapture(clip).read()
height, width = frame.shape[:2]
net = cv2.FaceDetectorYN.create(detector, "", (width, height), 0.7)
x, y, w, h = (max(0, int(value)) for value in net.detect(frame)[1][0][:4])
session = ort.InferenceSession(model, providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
face = cv2.cvtColor(frame[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY)
face = cv2.resize(face, tuple(given.shape[:1:-1]), interpolation=cv2.INTER_AREA).astype(np.float32)
logits = session.run(None, {given.name: np.repeat(face[None, None], given.shape[1], axis=1)})[0][0]
print(json.dumps({"label": int(logits.argmax())}), flush=True)
"""


def first_line(command: Sequence[str], key: str) -> float:
    """Seconds from before the process starts to its first line, which must hold `key`."""
    # The package of this checkout, also where none or another one is installed.
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    with tempfile.TemporaryFile("w+") as complaints:
        start = time.perf_counter()
        with subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=complaints, text=True
        ) as process:
            line = process.stdout.readline()
            passed = time.perf_counter() - start
        complaints.seek(0)
        if process.returncode or f'"{key}"' not in line:
            raise SystemExit(f"error: {' '.join(command[1:4])} failed: {complaints.read().strip()[-300:]}")
    return passed


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("clip")
    parser.add_argument("detector")
    parser.add_argument("--model")
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    from edgefer.runtime.find import DEFAULT, shipped_students

    clip, detector = (str(Path(name).resolve()) for name in (options.clip, options.detector))
    model = str(Path(options.model).resolve()) if options.model else str(shipped_students()[DEFAULT])
    watch = ["run", "--source", clip, "--detector-model", detector, "--engine", model]
    ours = [sys.executable, "-m", "edgefer", *watch, "--headless", "--jsonl", "-", "--max-frames", "1"]
    with tempfile.TemporaryDirectory(prefix="edgefer-start-") as place:
        plain = Path(place) / "plain.py"
        plain.write_text(PLAIN, encoding="utf-8")
        sides = {
            "edgefer": lambda: first_line(ours, "label"),
            "plain": lambda: first_line([sys.executable, str(plain), clip, detector, model], "label"),
        }
        found = _script.in_turn(sides, options.rounds)
    run.found(_script.ratio("first emotion", found["edgefer"], found["plain"], "s", budget=SECONDS))
    _script.finish(run)


if __name__ == "__main__":
    main()
