"""What a frame with many faces costs over a frame with one, in the camera loop with its JSON lines.

    python benchmarks/camera_crowd.py DETECTOR.onnx [MODEL.onnx] [--faces 32] [--frames 40] [--rounds 9]
        [--detect-width 640] [--detect-every 2] [--write] [--json]

Drawn faces drift over pictures of 640x480 and are found by YuNet, on one core, both films in turn in one process. Nothing
is decoded, which would cost one face and many the same. Without a model: student C.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import _script
import numpy as np
import numpy.typing as npt

WIDTH, HEIGHT, SIZE = 640, 480, 80
COLUMNS = WIDTH // SIZE
MOST = COLUMNS * (HEIGHT // SIZE)
LIMIT = 4.0
BACKGROUND = 115

Film = list[npt.NDArray[np.uint8]]


def film(faces: int, frames: int) -> Film:
    """Pictures, uint8 `[480, 640, 3]`, of so many faces that drift by two pixels a frame and back."""
    from edgefer.data.demo_face import FaceParameters, Light, Pose, draw_face

    face = draw_face(FaceParameters(pose=Pose(scale=0.7), light=Light(clutter=0)), SIZE)
    scene = np.full((HEIGHT, WIDTH), BACKGROUND, np.uint8)
    for index in range(faces):
        top, left = SIZE * (index // COLUMNS), SIZE * (index % COLUMNS)
        scene[top : top + SIZE, left : left + SIZE] = face
    drift = (2 * abs(index % 8 - 4) for index in range(frames))
    return [np.repeat(np.roll(scene, pixels, axis=0)[..., None], 3, axis=2) for pixels in drift]


def milliseconds(options: argparse.Namespace, model: Path) -> dict[str, list[float]]:
    """Of a frame with one face and with many, by round."""
    import cv2

    from edgefer.camera.detect import YuNet
    from edgefer.camera.given import GivenFilm
    from edgefer.camera.loop import watch
    from edgefer.camera.settings import Watching
    from edgefer.camera.sinks import JsonLines
    from edgefer.runtime.open import open_session

    cv2.setNumThreads(1)
    detector = YuNet(options.detector, options.detect_width)
    settings = Watching(detect_every=options.detect_every)

    def cost(faces: int, pictures: Film, out: Path) -> Callable[[], float]:
        def measure() -> float:
            start = time.perf_counter()
            lines = JsonLines(str(out))
            seen = 0
            for reading in watch(GivenFilm(pictures, 30), detector, session, settings):
                lines.take(reading)
                seen = len(reading.faces)
            lines.close()
            passed = time.perf_counter() - start
            if seen != faces:
                raise SystemExit(f"error: {seen} of {faces} drawn faces were found")
            return 1000 * passed / len(pictures)

        return measure

    with tempfile.TemporaryDirectory() as folder, open_session(model, threads=1) as session:
        sides = {
            "one": cost(1, film(1, options.frames), Path(folder) / "one.jsonl"),
            "many": cost(options.faces, film(options.faces, options.frames), Path(folder) / "many.jsonl"),
        }
        return _script.in_turn(sides, options.rounds)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("detector", type=Path)
    parser.add_argument("model", type=Path, nargs="?")
    parser.add_argument("--faces", type=int, default=32, choices=range(2, MOST + 1), metavar="N")
    parser.add_argument("--frames", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--detect-width", type=int, default=640)
    parser.add_argument("--detect-every", type=int, default=2)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
    from edgefer.runtime.find import shipped_students

    found = milliseconds(options, options.model or shipped_students()["fer2013-c-best"])
    name = f"a frame with {options.faces} faces over one with a single face"
    run.found(_script.ratio(name, found["many"], found["one"], "ms", limit=LIMIT))
    _script.finish(run)


if __name__ == "__main__":
    main()
