"""How well people are followed in films: faces seen, one number a person, labels that stand.

    python benchmarks/camera_clips.py DETECTOR.onnx CLIP... [--model MODEL.onnx] [--detect-width 320] [--detect-every 2]
        [--write] [--json]

Nobody has marked the faces in the films. The truth is made by YuNet itself, which looks at every frame in its full size and
believes what it is 40 % sure of: its boxes are linked from frame to frame by overlap, gaps of up to half a second are
filled along straight lines, and what lasts less than a third of a second is left out. So a face that YuNet never sees is
missed by both sides. Without a model: student C.

seen: share of the frames with somebody in which somebody is shown. faces: share of all faces. one number: of the frames of
each person, the share with the most frequent number; the lowest of all persons. labels: changes a second of the network's
own answer and of what is shown, of the person who changes most. boxes: mean overlap (intersection over union) with the truth of
those that were found and of those that were followed between two looks.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import _script
import numpy as np
import numpy.typing as npt

from edgefer.camera.assign import assign
from edgefer.camera.reading import FaceReading, FrameReading
from edgefer.data.preprocess import Box
from edgefer.table import text_table

SCORE, LINK, SAME = 0.4, 0.3, 0.4
GAP, SHORT = 0.5, 1 / 3  # seconds


@dataclass
class Person:
    """boxes: by index of the frame. found: in which it was found, not filled in."""

    boxes: dict[int, Box] = field(default_factory=dict)
    found: set[int] = field(default_factory=set)

    def add(self, index: int, box: Box) -> None:
        """The next box; the frames since the last are filled."""
        if self.boxes:
            last = max(self.boxes)
            for between in range(last + 1, index):
                share = (between - last) / (index - last)
                mixed = (round(a + share * (b - a)) for a, b in zip(self.boxes[last], box, strict=True))
                self.boxes[between] = tuple(mixed)  # type: ignore[assignment]
        self.boxes[index] = box
        self.found.add(index)


@dataclass(frozen=True)
class Figures:
    """Shares 0..1, changes a second, overlaps 0..1; see the top of the file. found, followed: one for each such box."""

    frames: int
    people: int
    seen: float
    faces: float
    one_number: float
    raw_changes: float
    shown_changes: float
    found: tuple[float, ...]
    followed: tuple[float, ...]


def overlap(a: Sequence[Box], b: Sequence[Box]) -> npt.NDArray[np.float64]:
    """Intersection over union of boxes `[N]` and `[M]`: `[N, M]`, 0..1."""
    ax, ay, a_width, a_height = np.asarray(a, np.float64).T[:, :, None]
    bx, by, b_width, b_height = np.asarray(b, np.float64).T[:, None]
    across = np.minimum(ax + a_width, bx + b_width) - np.maximum(ax, bx)
    down = np.minimum(ay + a_height, by + b_height) - np.maximum(ay, by)
    shared = np.maximum(across, 0) * np.maximum(down, 0)
    return shared / (a_width * a_height + b_width * b_height - shared)


def truth(frames: Iterable[tuple[float, Sequence[Box]]]) -> list[Person]:
    """Link the boxes of frames, given with their times in seconds."""
    people: list[Person] = []
    times: list[float] = []
    for index, (time, boxes) in enumerate(frames):
        times.append(time)
        waiting = [one for one in people if time - times[max(one.boxes)] <= GAP]
        left = list(boxes)
        if waiting and left:
            overlaps = overlap([one.boxes[max(one.boxes)] for one in waiting], left)
            pairs = assign(np.where(overlaps >= LINK, overlaps, 0))
            for who, which in pairs.items():
                waiting[who].add(index, left[which])
            left = [box for which, box in enumerate(left) if which not in pairs.values()]
        for box in left:
            people.append(Person())
            people[-1].add(index, box)
    return [one for one in people if times[max(one.boxes)] - times[min(one.boxes)] >= SHORT]


def judge(people: Sequence[Person], readings: Sequence[FrameReading]) -> Figures:
    """Hold what was read against the truth; both begin with the same frame."""
    given: list[dict[int, FaceReading]] = [{} for _ in people]
    for index, reading in enumerate(readings):
        here = [who for who, one in enumerate(people) if index in one.boxes]
        if here and reading.faces:
            overlaps = overlap([people[who].boxes[index] for who in here], [face.box for face in reading.faces])
            for row, column in assign(np.where(overlaps >= SAME, overlaps, 0)).items():
                given[here[row]][index] = reading.faces[column]
    with_somebody = {index for one in people for index in one.boxes}
    with_somebody_seen = {index for one in given for index in one}
    overlaps_by: dict[bool, list[float]] = {True: [], False: []}
    for one, faces in zip(people, given, strict=True):
        for index in faces.keys() & one.found:
            share = float(overlap([one.boxes[index]], [faces[index].box])[0, 0])
            overlaps_by[faces[index].detected].append(share)
    return Figures(
        frames=len(readings),
        people=len(people),
        seen=_share(len(with_somebody_seen), len(with_somebody)),
        faces=_share(sum(map(len, given)), sum(len(one.boxes) for one in people)),
        one_number=min((_one_number(one, faces) for one, faces in zip(people, given, strict=True)), default=1.0),
        raw_changes=max((_changes(faces, readings, _raw) for faces in given), default=0.0),
        shown_changes=max((_changes(faces, readings, lambda face: face.emotion) for faces in given), default=0.0),
        found=tuple(overlaps_by[True]),
        followed=tuple(overlaps_by[False]),
    )


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _one_number(person: Person, faces: dict[int, FaceReading]) -> float:
    counts = Counter(face.track for face in faces.values())
    return max(counts.values(), default=0) / len(person.boxes)


def _raw(face: FaceReading) -> str | None:
    return None if face.raw is None else max(face.raw, key=face.raw.__getitem__)


def _changes(faces: dict[int, FaceReading], readings: Sequence[FrameReading], shown: Any) -> float:
    """Changes a second of `shown(face)`, without frames in which it is None."""
    labels = [label for face in faces.values() if (label := shown(face)) is not None]
    if len(labels) < 2:
        return 0.0
    seconds = readings[max(faces)].time - readings[min(faces)].time
    return sum(a != b for a, b in pairwise(labels)) / seconds


def reference(clip: Path, detector: Path) -> list[Person]:
    """The truth of a film, as the top of the file says."""
    import cv2

    from edgefer.camera.source import open_source

    net = cv2.FaceDetectorYN.create(str(detector), "", (320, 240), SCORE)
    frames: list[tuple[float, list[Box]]] = []
    with open_source(uri=str(clip)) as source:
        for frame in source:
            net.setInputSize((frame.picture.shape[1], frame.picture.shape[0]))
            found = net.detect(frame.picture)[1]
            rows = [] if found is None else found[:, :4].round().astype(int).tolist()
            frames.append((frame.time, [(x, y, width, height) for x, y, width, height in rows]))
    return truth(frames)


def figures(clip: Path, detector: Path, session: Any, width: int, detect_every: int) -> Figures:
    """Of a film, read as `edgefer run` reads it."""
    from edgefer.camera.detect import YuNet
    from edgefer.camera.loop import watch
    from edgefer.camera.settings import Watching
    from edgefer.camera.source import open_source

    with open_source(uri=str(clip)) as source:
        readings = list(watch(source, YuNet(detector, width), session, Watching(detect_every=detect_every)))
    return judge(reference(clip, detector), readings)


def row(name: str, found: Figures) -> list[str]:
    overlaps = ", ".join(f"{np.mean(of):.2f}" if of else "-" for of in (found.found, found.followed))
    shares = (f"{100 * share:.1f} %" for share in (found.seen, found.faces, found.one_number))
    changes = f"{found.raw_changes:.1f}, {found.shown_changes:.1f}"
    return [name, str(found.frames), str(found.people), *shares, changes, overlaps]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("detector", type=Path)
    parser.add_argument("clips", type=Path, nargs="+")
    parser.add_argument("--model", type=Path)
    parser.add_argument("--detect-width", type=int, default=320)
    parser.add_argument("--detect-every", type=int, default=2)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    from edgefer.camera.opencv import quiet
    from edgefer.runtime.find import shipped_students
    from edgefer.runtime.open import open_session

    quiet()
    rows = []
    with open_session(options.model or shipped_students()["fer2013-c-best"], threads=1) as session:
        for clip in options.clips:
            found = figures(clip, options.detector, session, options.detect_width, options.detect_every)
            rows.append(row(clip.name, found))
    head = ["film", "frames", "people", "seen", "faces", "one number", "labels: raw, shown", "boxes: found, followed"]
    run.say(text_table(head, rows))
    _script.finish(run)


if __name__ == "__main__":
    main()
