"""What FP16 and INT8 cost in accuracy, by how the ranges of INT8 are chosen, all in ONNX Runtime on the CPU.

    python benchmarks/int8_accuracy.py MODEL.onnx... --data fer2013 [--split PublicTest] [--count 512] [--draws 3]
        [--write] [--json]

`int8` is the file that an engine is made from, before what is left in float becomes half precision; `int8 cpu` the one
for ONNX Runtime. Both are calibrated anew on each draw of calibration faces: the figures are means, with the smallest
and the largest behind them, of points lost against FP32. Below 0 is a gain.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import fmean

import _script
import numpy as np

from edgefer.data.load import load_faces
from edgefer.evaluate.answers import Answers, answer
from edgefer.evaluate.metrics import accuracy, confusion_matrix, emotion_scores
from edgefer.quantize.calibration import CalibrationSet, make_calibration_set
from edgefer.quantize.cpu import to_cpu_int8
from edgefer.quantize.fp16 import to_fp16
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.method import PERCENTILE, Method
from edgefer.quantize.source import training_pool
from edgefer.runtime.onnx import OnnxSession, read_card
from edgefer.table import text_table

WAYS = (
    (Method.MINMAX, PERCENTILE),
    (Method.ENTROPY, PERCENTILE),
    (Method.PERCENTILE, 99.9),
    (Method.PERCENTILE, 99.99),
    (Method.PERCENTILE, 99.999),
)


@dataclass(frozen=True)
class Loss:
    """Of one file against FP32, in points: overall, the worst emotion's, and the share of equal labels, 0..100."""

    overall: float
    worst: float
    emotion: str
    same: float


def unseen(_advance: int, _note: str) -> None:
    """Progress that nobody watches."""


def score(path: Path, data: str, split: str) -> Answers:
    with OnnxSession(path) as session:
        return answer(session, load_faces(data, split), step=unseen)


def loss(before: Answers, after: Answers) -> Loss:
    tables = [confusion_matrix(one.truth, one.predicted, len(one.emotions)) for one in (before, after)]
    recalls = [[each.recall or 0.0 for each in emotion_scores(table)] for table in tables]
    drops = 100 * np.subtract(*recalls)
    worst = int(drops.argmax())
    overall = 100 * (accuracy(tables[0]) - accuracy(tables[1]))
    same = 100 * float((before.predicted == after.predicted).mean())
    return Loss(overall, float(drops[worst]), before.emotions[worst], same)


def files(src: Path, sets: list[CalibrationSet], folder: Path) -> Iterator[tuple[str, list[Callable[[], Path]]]]:
    """Name of each row, and what writes each of its files."""

    def half() -> Path:
        to_fp16(src, folder / "fp16.onnx")
        return folder / "fp16.onnx"

    def int8(write: Callable[..., object], calibration: CalibrationSet, method: Method, percentile: float) -> Path:
        write(src, calibration, folder / "int8.onnx", method, percentile=percentile, step=unseen)
        return folder / "int8.onnx"

    yield "fp16", [half]
    for name, write in (("int8", to_int8), ("int8 cpu", to_cpu_int8)):
        for method, percentile in WAYS:
            share = f" {percentile:g}" if method is Method.PERCENTILE else ""
            yield f"{name} {method.value}{share}", [partial(int8, write, one, method, percentile) for one in sets]


def spread(values: list[float]) -> str:
    # Rounded to 0, a tiny gain has no sign.
    mean, low, high = (round(value, 2) + 0.0 for value in (fmean(values), min(values), max(values)))
    return f"{mean:.2f} ({low:.2f} to {high:.2f})" if len(values) > 1 else f"{mean:.2f}"


def table(src: Path, data: str, split: str, count: int, draws: int) -> str:
    before = score(src, data, split)
    fp32 = accuracy(confusion_matrix(before.truth, before.predicted, len(before.emotions)))
    rows = []
    with tempfile.TemporaryDirectory(prefix="edgefer-accuracy-") as place:
        folder = Path(place)
        card = read_card(src)
        pool = training_pool(card, data)
        sets = [make_calibration_set(pool, card, count, folder / f"set{seed}", seed) for seed in range(draws)]
        for name, writers in files(src, sets, folder):
            losses = [loss(before, score(write(), data, split)) for write in writers]
            worst = max(losses, key=lambda one: one.worst)
            cells = (
                spread([one.overall for one in losses]),
                f"{worst.worst:.2f} ({worst.emotion})",
                spread([one.same for one in losses]),
            )
            rows.append([name, *cells])
    head = ["", "points lost", "by the worst emotion at most", "same label, %"]
    return f"{card.name}: FP32 {100 * fp32:.2f} % on {len(before.truth):,} faces of {split}\n" + text_table(head, rows)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("models", type=Path, nargs="+")
    parser.add_argument("--data", required=True)
    parser.add_argument("--split", default="PublicTest")
    parser.add_argument("--count", type=int, default=512)
    parser.add_argument("--draws", type=int, default=3)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    for model in options.models:
        run.say(table(model, options.data, options.split, options.count, options.draws))
    _script.finish(run)


if __name__ == "__main__":
    main()
