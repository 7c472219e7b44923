"""How much of a bare loop's speed the camera loop keeps, both measured in turn in one process.

    python benchmarks/camera_loop.py CLIP DETECTOR.onnx [MODEL.onnx] [--rounds 15] [--detect-width 320] [--cores 1]
        [--write] [--json]

The bare loop decodes, finds faces and runs the network, and nothing else. The camera loop is what `edgefer run
--headless --jsonl FILE` runs: the same parts, with tracks, smoothing, and a flushed line of JSON a frame; once it looks for
faces in every frame as the bare loop does, once as often as it does unless told otherwise. Without a model: student C.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import _script

LEAST = 0.83
FRAMES = 180


def bare(clip: str, detector: object, size: int, session: object) -> tuple[int, float]:
    """Frames and seconds of the parts alone, written as one would without edgefer."""
    import cv2
    import numpy as np

    name = session.get_inputs()[0].name
    _, channels, height, width = session.get_inputs()[0].shape
    start = time.perf_counter()
    capture = cv2.VideoCapture(clip, cv2.CAP_FFMPEG)
    frames = 0
    while True:
        ok, frame = capture.read()
        if not ok:
            break
        frames += 1
        scale = min(1.0, size / max(frame.shape[:2]))
        shape = (round(frame.shape[1] * scale), round(frame.shape[0] * scale))
        small = cv2.resize(frame, shape, interpolation=cv2.INTER_AREA) if scale < 1 else frame
        detector.setInputSize(shape)
        _, found = detector.detect(small)
        if found is None:
            continue
        batch = []
        for row in found:
            x, y, w, h = (max(0, round(value / scale)) for value in row[:4].tolist())
            face = cv2.cvtColor(frame[y : y + h, x : x + w], cv2.COLOR_BGR2GRAY)
            batch.append(cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA))
        pixels = np.repeat(np.stack(batch)[:, None].astype(np.float32), channels, axis=1)
        session.run(None, {name: pixels})[0].argmax(axis=1)
    capture.release()
    return frames, time.perf_counter() - start


def camera_loop(clip: str, detector: object, session: object, out: Path, **settings: int) -> tuple[int, float]:
    """Frames and seconds of edgefer's loop with its JSON lines; settings: of `Watching`, other than its defaults."""
    from edgefer.camera.loop import watch
    from edgefer.camera.settings import Watching
    from edgefer.camera.sinks import JsonLines
    from edgefer.camera.source import open_source

    start = time.perf_counter()
    lines = JsonLines(str(out))
    frames = 0
    with open_source(uri=clip) as source:
        for reading in watch(source, detector, session, Watching(**settings)):
            lines.take(reading)
            frames += 1
    lines.close()
    return frames, time.perf_counter() - start


def rates(options: argparse.Namespace, model: Path) -> dict[str, list[float]]:
    """Frames a second of both loops, by round."""
    import cv2
    import onnxruntime as ort

    from edgefer.camera.detect import SCORE, YuNet
    from edgefer.runtime.open import open_session

    cv2.setNumThreads(options.cores)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.cores
    plain = ort.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
    net = cv2.FaceDetectorYN.create(str(options.detector), "", (320, 240), SCORE)
    detector = YuNet(options.detector, options.detect_width)

    def rate(frames: int, seconds: float) -> float:
        return frames / seconds

    with tempfile.TemporaryDirectory() as folder, open_session(model, threads=options.cores) as session:
        out = Path(folder) / "out.jsonl"
        sides = {
            "bare": lambda: rate(*bare(options.clip, net, options.detect_width, plain)),
            "every": lambda: rate(*camera_loop(options.clip, detector, session, out, detect_every=1)),
            "edgefer": lambda: rate(*camera_loop(options.clip, detector, session, out)),
        }
        return _script.in_turn(sides, options.rounds)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("clip")
    parser.add_argument("detector", type=Path)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--detect-width", type=int, default=320)
    parser.add_argument("--cores", type=int, default=1)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    cores = sorted(os.sched_getaffinity(0))[: options.cores]
    os.sched_setaffinity(0, cores)
    from edgefer.runtime.find import shipped_students

    found = rates(options, options.model or shipped_students()["fer2013-c-best"])
    run.found(
        _script.ratio("looking in every frame", found["every"], found["bare"], "frames/s", better="large", limit=LEAST),
        _script.ratio("as it runs", found["edgefer"], found["bare"], "frames/s", better="large", budget=FRAMES),
    )
    _script.finish(run)


if __name__ == "__main__":
    main()
