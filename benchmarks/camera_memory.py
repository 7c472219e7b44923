"""Resident memory of `edgefer run` over thousands of frames of a film that is looped, against a bare loop of the same parts.

    python benchmarks/camera_memory.py CLIP DETECTOR.onnx [--model MODEL.onnx] [--frames 10000] [--detect-width 320]
        [--write] [--json]

Each side in a process of its own on one core: the whole command, `--headless --jsonl -`, and a plain script that decodes,
finds faces and runs the network. The memory is read from outside at every tenth of the frames. Without a model: student C.
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
MEGABYTES = 150
# Of the memory at a tenth of the frames; allocators settle a little later than that.
GROWTH = 1.03
MARKS = 10

LOOPED = """
import sys
from edgefer.camera import source, video
from edgefer.camera.frame import Frame, Source
from edgefer.cli.main import main

class Looped(Source):
    def __init__(self, path):
        super().__init__()
        self._path, self._film = path, video.VideoFile(path)
        self.fps, self.description = self._film.fps, self._film.description

    def __iter__(self):
        index = 0
        while not self.stopped:
            for frame in self._film:
                yield Frame(index, index / (self.fps or 25), frame.picture)
                index += 1
            self._film.close()
            self._film = video.VideoFile(self._path)

    def close(self):
        self._film.close()

source.VideoFile = Looped
main(sys.argv[1:])
"""

PLAIN = """
import json, sys
import cv2
import numpy as np
import onnxruntime as ort

cv2.setNumThreads(1)
clip, detector, model, frames, size = *sys.argv[1:4], *map(int, sys.argv[4:])
net = cv2.FaceDetectorYN.create(detector, "", (size, size), 0.7)
options = ort.SessionOptions()
options.intra_op_num_threads = 1
session = ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])
given = session.get_inputs()[0]
capture = cv2.VideoCapture(clip)
while frames:
    ok, frame = capture.read()
    if not ok:
        capture = cv2.VideoCapture(clip)
        continue
    frames -= 1
    scale = min(1.0, size / max(frame.shape[:2]))
    small = cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    net.setInputSize(small.shape[1::-1])
    label = None
    for row in net.detect(small)[1][:1]:
        x, y, w, h = (max(0, round(value / scale)) for value in row[:4].tolist())
        face = cv2.cvtColor(frame[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY)
        face = cv2.resize(face, tuple(given.shape[:1:-1]), interpolation=cv2.INTER_AREA).astype(np.float32)
        logits = session.run(None, {given.name: np.repeat(face[None, None], given.shape[1], axis=1)})[0][0]
        label = int(logits.argmax())
    print(json.dumps({"label": label}), flush=True)
"""


def resident(process: int) -> float:
    """Megabytes (10^6 bytes) of a process that are in memory."""
    pages = int(Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def watched(command: Sequence[str], frames: int) -> tuple[list[float], float]:
    """Megabytes at every tenth of the frames of a process that prints a line for each, and frames a second from the first on."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), os.environ.get("PYTHONPATH", "")))}
    marks = {frames * part // MARKS for part in range(1, MARKS + 1)}
    found = []
    with tempfile.TemporaryFile("w+") as complaints:
        with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=complaints) as process:
            count, start = 0, time.perf_counter()
            for count, _ in enumerate(process.stdout, start=1):
                if count == 1:
                    start = time.perf_counter()
                if count in marks:
                    found.append(resident(process.pid))
            last = time.perf_counter()
        complaints.seek(0)
        if process.returncode or len(found) != len(marks):
            raise SystemExit(f"error: {count} of {frames} frames: {complaints.read().strip()[-300:]}")
    return found, (count - 1) / (last - start)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("clip")
    parser.add_argument("detector")
    parser.add_argument("--model")
    parser.add_argument("--frames", type=int, default=10_000)
    parser.add_argument("--detect-width", type=int, default=320)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    from edgefer.runtime.find import shipped_students

    model = options.model or str(shipped_students()["fer2013-c-best"])
    clip, detector = options.clip, options.detector
    # A process that has printed its last line gives memory back before it can be looked at.
    frames, width = str(options.frames + options.frames // MARKS), str(options.detect_width)
    watch = ["run", "--source", clip, "--detector-model", detector, "--engine", model, "--detect-width", width]
    ours = [
        sys.executable,
        "-c",
        LOOPED,
        *watch,
        "--headless",
        "--jsonl",
        "-",
        "--threads",
        "1",
        "--max-frames",
        frames,
    ]
    plain = [sys.executable, "-c", PLAIN, clip, detector, model, frames, width]
    sides = {"edgefer run": watched(ours, options.frames), "bare loop": watched(plain, options.frames)}
    run.say("frames       " + "".join(f"{options.frames * part // MARKS:>8,}" for part in range(1, MARKS + 1)))
    for name, (megabytes, rate) in sides.items():
        run.say(f"{name:11}  " + "".join(f"{value:8.1f}" for value in megabytes) + f"  MB, {rate:.0f} frames/s")
    mine, other = (sides[name][0] for name in ("edgefer run", "bare loop"))
    run.found(
        _script.ratio("resident memory at the end", mine[-1:], other[-1:], "MB", budget=MEGABYTES),
        _script.ratio("the end over a tenth of the frames", mine[-1:], mine[:1], "MB", limit=GROWTH),
    )
    _script.finish(run)


if __name__ == "__main__":
    main()
