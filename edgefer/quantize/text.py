"""Calibration sets and curves as text for people."""

from __future__ import annotations

import itertools
from statistics import fmean

from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.curve import NEAR, Curve
from edgefer.table import text_table


def set_text(made: CalibrationSet) -> str:
    """What the set holds, then a table of emotions by brightness."""
    manifest = made.manifest
    covered, split = manifest.coverage.drawn, manifest.coverage.split
    edges = ["0", *(f"{bound:.0f}" for bound in manifest.coverage.bounds), "255"]
    head = ["emotion", "faces", *(f"{low}-{high}" for low, high in itertools.pairwise(edges))]
    rows = [[name, f"{sum(row):,}", *map(str, row)] for name, row in manifest.coverage.faces.items()]
    lines = [
        f"{made.folder}: {len(made):,} faces of {manifest.dataset} {manifest.split} for {manifest.model}, seed {manifest.seed}",
        f"never drawn: {', '.join(f'{number:,} {reason}' for reason, number in manifest.skipped.items()) or 'none'}",
        f"mean grey {covered.darkest:.0f} to {covered.brightest:.0f}, {covered.mean:.0f} on average"
        f" (all {manifest.split} faces: {split.darkest:.0f} to {split.brightest:.0f}, {split.mean:.0f})",
        "",
        "faces by mean grey:",
        text_table(head, rows),
    ]
    return "\n".join(lines)


def curve_text(measured: Curve) -> str:
    """A row for each number of faces, then what follows from them."""
    rows = []
    for faces, trials in measured.by_faces.items():
        scores = [trial.accuracy for trial in trials]
        worst = max(trials, key=lambda trial: trial.worst_drop)
        rows.append(
            [
                f"{faces:,}",
                str(len(trials)),
                f"{fmean(scores):.2%}",
                f"{min(scores):.2%} to {max(scores):.2%}" if len(trials) > 1 else "",
                f"{fmean([trial.same_label for trial in trials]):.2%}",
                f"{100 * worst.worst_drop:.1f} ({worst.worst_emotion})",
            ]
        )
    return "\n".join(
        (
            f"{measured.model} ({measured.backend}), calibrated on {measured.dataset},"
            f" judged on its {measured.judged_faces:,} faces of {measured.judged_split}",
            f"FP32 accuracy {measured.accuracy:.2%}; INT8, ranges by {measured.method.value}, by number of calibration faces:",
            "",
            text_table(
                ["faces", "draws", "accuracy", "from ... to", "same label", "worst emotion's drop"], rows, left=0
            ),
            "",
            _verdict(measured),
        )
    )


def _verdict(measured: Curve) -> str:
    """How many faces are enough, in words, and what blurs the answer."""
    sizes = measured.by_faces
    least, most = min(sizes), max(sizes)
    target = f"within {100 * NEAR:g} point of the {measured.largest:.2%} with {most:,} faces"
    if measured.enough is None:
        lines = [f"INT8 accuracy still depends on the draw at {most:,} faces: not every draw is {target}."]
    elif measured.enough == most:
        lines = [f"No smaller number of faces keeps INT8 accuracy {target}."]
    else:
        trials = [trial for trial in measured.trials if trial.faces >= measured.enough]
        away = max(abs(trial.accuracy - measured.largest) for trial in trials)
        lines = [f"From {measured.enough:,} faces on, INT8 accuracy stays {target}, at most {100 * away:.2f} away."]
    if spread := measured.spread:
        lines.append(
            f"Draws of one size differ by up to {100 * spread:.2f} points; smaller differences between sizes may be chance."
        )
    first, last = (fmean(trial.same_label for trial in sizes[size]) for size in (least, most))
    if last < first:
        lines.append(f"FP32's label is kept for {first:.2%} of faces with {least:,} and {last:.2%} with {most:,}.")
    return "\n".join(lines)
