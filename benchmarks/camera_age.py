"""How old a frame of a live camera is when its JSON line is out, against a bare loop of the same parts.

    python benchmarks/camera_age.py DETECTOR.onnx [--model MODEL.onnx] [--fps 30] [--faces 1] [--seconds 5] [--rounds 3]
        [--detect-width 640] [--cores 1] [--write] [--json]

The camera is `demo://`, which takes a frame when the clock says so, and hands out the newest one: its age counts from that
moment, and drawing it counts to it. Of the ages of a round the 95th percentile is taken. The bare loop finds the faces of
every frame, runs the network and writes a line. Without a model: student C.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import _script
import numpy as np

MILLISECONDS = 50
# What is slow once, such as the first look for faces, lets the frames behind it wait.
BEGINNING = 0.5


def ours(camera: object, detector: object, session: object, out: Path) -> list[tuple[float, float]]:
    """Seconds in the script and age in milliseconds of every frame that edgefer's loop has written."""
    from edgefer.camera.loop import watch
    from edgefer.camera.sinks import JsonLines

    found = []
    lines = JsonLines(str(out))
    for reading in watch(camera, detector, session):
        lines.take(reading)
        found.append((reading.time, reading.frame.age_ms))
    lines.close()
    return found


def bare(camera: object, detector: object, session: object, out: Path) -> list[tuple[float, float]]:
    """The same of a loop that follows nobody and steadies nothing."""
    from edgefer.camera.read import probabilities

    found = []
    with out.open("w", encoding="utf-8") as lines:
        for frame in camera:
            print(
                json.dumps(probabilities(frame.picture, detector.detect(frame.picture), session)),
                file=lines,
                flush=True,
            )
            found.append((frame.time, frame.age_ms))
    return found


def ages(options: argparse.Namespace, model: Path) -> dict[str, list[list[float]]]:
    """Milliseconds of every frame, by side and round."""
    import cv2

    from edgefer.camera.detect import YuNet
    from edgefer.camera.source import open_source
    from edgefer.runtime.open import open_session

    cv2.setNumThreads(options.cores)
    detector = YuNet(options.detector, options.detect_width)
    uri = f"demo://?fps={options.fps:g}&faces={options.faces}&seconds={BEGINNING + options.seconds:g}"

    def measured(loop: Callable[..., list[tuple[float, float]]]) -> list[float]:
        with open_source(uri=uri) as camera:
            return [age for second, age in loop(camera, detector, session, out) if second >= BEGINNING]

    with tempfile.TemporaryDirectory() as folder, open_session(model, threads=options.cores) as session:
        out = Path(folder) / "out.jsonl"
        sides = {"edgefer": lambda: measured(ours), "bare": lambda: measured(bare)}
        return _script.in_turn(sides, options.rounds, warm=0)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("detector", type=Path)
    parser.add_argument("--model", type=Path)
    parser.add_argument("--fps", type=float, default=30)
    parser.add_argument("--faces", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--detect-width", type=int, default=640)
    parser.add_argument("--cores", type=int, default=1)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    from edgefer.runtime.find import shipped_students

    found = ages(options, options.model or shipped_students()["fer2013-c-best"])
    run.say("age in ms    frames  median    95 %   oldest")
    for name, rounds in found.items():
        every = np.concatenate(rounds)
        middle, late = np.quantile(every, (0.5, 0.95))
        run.say(f"{name:11} {len(every):7,} {middle:7.1f} {late:7.1f} {every.max():8.1f}")
    late = {name: [float(np.quantile(ages_, 0.95)) for ages_ in rounds] for name, rounds in found.items()}
    name = f"age of 95 % of the frames, {options.fps:g} a second"
    run.found(_script.ratio(name, late["edgefer"], late["bare"], "ms", budget=MILLISECONDS))
    _script.finish(run)


if __name__ == "__main__":
    main()
