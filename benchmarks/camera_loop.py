"""How much of a bare loop's speed the camera loop keeps, both measured in turn in one process.

    python benchmarks/camera_loop.py CLIP DETECTOR.onnx MODEL.onnx [--rounds 15] [--detect-width 320] [--cores 1]

The bare loop decodes, finds faces and runs the network, and nothing else. The camera loop is what `edgefer run
--headless --jsonl FILE` runs: the same parts, with tracks, smoothing, and a flushed line of JSON a frame.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from pathlib import Path


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


def camera_loop(clip: str, detector: object, session: object, out: Path) -> tuple[int, float]:
    """Frames and seconds of edgefer's loop with its JSON lines."""
    from edgefer.camera.loop import watch
    from edgefer.camera.sinks import JsonLines
    from edgefer.camera.source import open_source

    start = time.perf_counter()
    lines = JsonLines(str(out))
    frames = 0
    with open_source(uri=clip) as source:
        for reading in watch(source, detector, session):
            lines.take(reading)
            frames += 1
    lines.close()
    return frames, time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clip")
    parser.add_argument("detector", type=Path)
    parser.add_argument("model", type=Path)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--detect-width", type=int, default=320)
    parser.add_argument("--cores", type=int, default=1)
    options = parser.parse_args()
    cores = sorted(os.sched_getaffinity(0))[: options.cores]
    os.sched_setaffinity(0, cores)

    import cv2
    import onnxruntime as ort

    from edgefer.camera.detect import SCORE, YuNet
    from edgefer.runtime.open import open_session

    cv2.setNumThreads(options.cores)
    settings = ort.SessionOptions()
    settings.intra_op_num_threads = options.cores
    plain = ort.InferenceSession(str(options.model), settings, providers=["CPUExecutionProvider"])
    net = cv2.FaceDetectorYN.create(str(options.detector), "", (320, 240), SCORE)
    detector = YuNet(options.detector, options.detect_width)
    rates: dict[str, list[float]] = {"bare": [], "edgefer": []}
    with tempfile.TemporaryDirectory() as folder, open_session(options.model, threads=options.cores) as session:
        for round_ in range(options.rounds + 1):
            runs = {
                "bare": bare(options.clip, net, options.detect_width, plain),
                "edgefer": camera_loop(options.clip, detector, session, Path(folder) / "out.jsonl"),
            }
            if round_:  # the first warms both up
                for name, (frames, seconds) in runs.items():
                    rates[name].append(frames / seconds)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    ratio = statistics.median(mine / other for mine, other in zip(rates["edgefer"], rates["bare"], strict=True))
    print(f"OpenCV {cv2.__version__}, ONNX Runtime {ort.__version__}, {options.cores} core(s), {options.rounds} rounds")
    for name, median in medians.items():
        print(f"{name:8} {median:6.1f} frames/s   (lowest {min(rates[name]):.1f}, highest {max(rates[name]):.1f})")
    print(f"ratio    {ratio:6.2f}   (median over the rounds of edgefer / bare)")


if __name__ == "__main__":
    main()
