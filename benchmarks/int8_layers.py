"""What ranks a network's convolutions for INT8 so that another set of faces would rank them the same.

    python benchmarks/int8_layers.py MODEL.onnx... [--count 1024] [--draws 3] [--write] [--json]

Each draw of `--count` labelled Training faces that are not in the calibration set ranks the convolutions by three
criteria, and so do all faces of the split that judges. The figures are rank correlations (Spearman), the mean with the
smallest and the largest behind it: of each two draws, and of each draw with the judging split.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

import _script
import numpy as np

from edgefer.data.faces import FaceSet
from edgefer.quantize.calibration import COUNT, make_calibration_set
from edgefer.quantize.search import COUNT as RANKING
from edgefer.quantize.search import judging_faces, ranking_faces
from edgefer.quantize.sensitivity import Effect, Sensitivity, measure
from edgefer.quantize.source import training_pool
from edgefer.quantize.trials import Trials, open_trials
from edgefer.runtime.onnx import read_card
from edgefer.table import text_table

CRITERIA: dict[str, Callable[[Effect], float]] = {
    "KL divergence": lambda effect: effect.divergence,
    "labels that change": lambda effect: 1 - effect.same_label,
    "accuracy lost": lambda effect: -effect.accuracy,
}


def unseen(_advance: int, _note: str) -> None:
    """Progress that nobody watches."""


def asked(trials: Trials, faces: FaceSet) -> Sensitivity:
    reference = trials.reference(faces, unseen)
    return measure(trials.layers, reference, lambda left: trials.in_float(left, faces, unseen))


def agreement(first: Sensitivity, second: Sensitivity, criterion: Callable[[Effect], float]) -> float:
    """Spearman's rank correlation: Pearson's of the ranks, equal values sharing their mean rank."""
    ranks = []
    for found in (first, second):
        by_layer = {effect.layer: criterion(effect) for effect in found.effects}
        values = np.asarray([by_layer[layer] for layer in sorted(by_layer)])
        ranks.append([float((values < value).sum() + (values == value).sum() / 2) for value in values])
    return float(np.corrcoef(*ranks)[0, 1])


def spread(values: list[float]) -> str:
    return f"{fmean(values):.2f} ({min(values):.2f} to {max(values):.2f})"


def rows(src: Path, count: int, draws: int) -> list[list[str]]:
    card = read_card(src)
    with tempfile.TemporaryDirectory(prefix="edgefer-layers-") as folder:
        pool = training_pool(card)
        calibration = make_calibration_set(pool, card, min(COUNT, pool.left // 2), Path(folder) / "set")
        trials = open_trials(src, calibration)
        drawn = [asked(trials, ranking_faces(card, calibration, count, seed)) for seed in range(draws)]
        judge = asked(trials, judging_faces(card, calibration))
    return [
        [
            card.name,
            name,
            spread([agreement(one, other, criterion) for one, other in itertools.combinations(drawn, 2)]),
            spread([agreement(one, judge, criterion) for one in drawn]),
        ]
        for name, criterion in CRITERIA.items()
    ]


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("models", type=Path, nargs="+", metavar="MODEL.onnx")
    parser.add_argument("--count", type=int, default=RANKING)
    parser.add_argument("--draws", type=int, default=3)
    options = parser.parse_args(arguments)
    if options.draws < 2:
        parser.error("two draws at least, to be held against each other")
    run = _script.begin(__file__, options, arguments, __doc__)
    body = [row for model in options.models for row in rows(model, options.count, options.draws)]
    run.say(text_table(["model", "ranked by", "draw with draw", "draw with judging split"], body, left=2))
    _script.finish(run)


if __name__ == "__main__":
    main()
