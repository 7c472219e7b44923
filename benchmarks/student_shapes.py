"""The search behind student S: shapes of plain residual networks, by accuracy after a short training and by latency.

    python benchmarks/student_shapes.py [--epochs 12] [--source fer2013] [--out runs/shapes] [--write] [--json]

Every shape trains by recipe `fer2013-s`, shortened, without a teacher; a shape whose training is finished is not trained
again, one that was stopped goes on. Then all are exported, trimmed, and timed in ONNX Runtime on one core, one face at a
time, in turn. A student may take as long as Mini-ResEmoteNet B and hold 1.3 M parameters.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import _script
import numpy as np

# Stem, widths and blocks a stage; all pool after the stem.
SHAPES = {
    "S": (16, (16, 48, 128, 192), (1, 1, 1, 1)),
    "wide early": (32, (32, 64, 96, 128), (1, 1, 1, 1)),
    "narrow early": (16, (16, 32, 96, 256), (1, 1, 1, 1)),
    "even": (24, (24, 48, 96, 160), (1, 1, 1, 1)),
    "deep": (16, (16, 32, 64, 128), (2, 2, 2, 2)),
    "three stages": (16, (32, 80, 160), (1, 1, 2)),
}
REFERENCE = "mini-resemotenet-b"
ROUNDS, CALLS = 15, 40


def add_shapes() -> None:
    """Let the registry know the shapes for as long as this process lives."""
    from edgefer.models import registry
    from edgefer.models.seresnet import SEResNet

    def maker(stem: int, widths: tuple[int, ...], blocks: tuple[int, ...]) -> Any:
        return lambda **options: SEResNet(stem, widths, blocks, **options)

    for name, shape in SHAPES.items():
        registry.ARCHITECTURES[name] = registry.Architecture(name, "", maker(*shape))


def trained(name: str, source: str, epochs: int, out: Path) -> tuple[Path, dict[str, Any]]:
    """The exported file of a shape after `epochs`, and what its card says."""
    from edgefer.distill.run import train_once
    from edgefer.export.checkpoint import export_checkpoint
    from edgefer.recipe import load

    changes = (f'model.architecture="{name}"', f'data.source="{source}"', f"train.epochs={epochs}")
    recipe = load("fer2013-s", changes).model_copy(update={"name": name.replace(" ", "-")})
    run = train_once(recipe, out)
    exported = export_checkpoint(run.checkpoint)
    measured = run.card.measured[0]
    return exported.path, {"parameters": exported.card.parameters, "accuracy": measured.accuracy}


def milliseconds(files: dict[str, Path]) -> dict[str, list[float]]:
    """Median latency of one face on one core in each round, the files in turn."""
    from edgefer.runtime.onnx import OnnxSession

    pixels = np.random.default_rng(0).uniform(0, 255, (1, 1, 48, 48)).astype(np.float32)
    calls = {name: partial(OnnxSession(path, threads=1).infer, pixels) for name, path in files.items()}
    return _script.in_turn({name: partial(median_call, call) for name, call in calls.items()}, ROUNDS)


def median_call(call: Callable[[], object]) -> float:
    """Milliseconds."""
    taken = []
    for _ in range(CALLS):
        begin = time.perf_counter()
        call()
        taken.append((time.perf_counter() - begin) * 1e3)
    return statistics.median(taken)


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("--epochs", type=int, default=12, help="default 12")
    parser.add_argument("--source", default="fer2013", help="a prepared store; default fer2013")
    parser.add_argument("--out", type=Path, default=Path("runs/shapes"), help="default runs/shapes")
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    add_shapes()
    files, rows = {}, {}
    for name in (*SHAPES, REFERENCE):
        files[name], rows[name] = trained(name, options.source, options.epochs, options.out)
    taken = milliseconds(files)
    ratios = {name: _script.ratio(f"latency of {name} over B", taken[name], taken[REFERENCE], "ms") for name in rows}
    run.say(
        f"{options.epochs} epochs of fer2013-s; latency as a share of {REFERENCE}'s {ratios[REFERENCE].plain:.2f} ms"
    )
    run.say(f"{'shape':22}{'parameters':>12}{'latency':>9}{'PublicTest':>12}")
    for name, row in rows.items():
        run.say(f"{name:22}{row['parameters']:12,}{ratios[name].value:9.2f}{row['accuracy']:12.2%}")
    _script.finish(run)


if __name__ == "__main__":
    main()
