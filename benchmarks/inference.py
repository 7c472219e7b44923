"""What a session costs over ONNX Runtime's own: `infer` of the same file on the same faces, one thread.

    python benchmarks/inference.py [MODEL.onnx]... [--batch 1 32] [--rounds 60] [--write] [--json]

Without arguments: the shipped students. The reference is `onnxruntime.InferenceSession.run` with a ready feed. Turns of a
few milliseconds; a turn's figure is its median call.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import _script
import numpy as np
from _record import Ratio

from edgefer.runtime.find import shipped_students
from edgefer.runtime.open import open_session

LIMIT = 1.1
TURN_SECONDS = 0.02


def median_call(call: Callable[[], object], calls: int) -> float:
    """Milliseconds."""
    clock, taken = time.perf_counter_ns, []
    for _ in range(calls):
        begin = clock()
        call()
        taken.append(clock() - begin)
    return statistics.median(taken) / 1e6


def ratios(model: Path, batches: Sequence[int], rounds: int) -> list[Ratio]:
    import onnxruntime as ort

    settings = ort.SessionOptions()
    settings.intra_op_num_threads = 1
    plain = ort.InferenceSession(str(model), settings, providers=["CPUExecutionProvider"])
    found = []
    with open_session(model, threads=1) as session:
        for batch in batches:
            shape = (batch, *session.card.input.shape)
            pixels = np.random.default_rng(0).integers(0, 256, shape).astype(np.float32)
            feed = {plain.get_inputs()[0].name: pixels}
            if not np.array_equal(session.infer(pixels), plain.run(None, feed)[0]):
                raise SystemExit(f"error: {model} answers differently in a session")
            once = min(_script.seconds(partial(plain.run, None, feed)) for _ in range(5))
            calls = max(5, int(TURN_SECONDS / once))
            sides = {
                "edgefer": partial(median_call, partial(session.infer, pixels), calls),
                "plain": partial(median_call, partial(plain.run, None, feed), calls),
            }
            taken = _script.in_turn(sides, rounds)
            name = f"{session.card.name}, batch {batch}"
            found.append(_script.ratio(name, taken["edgefer"], taken["plain"], "ms", limit=LIMIT))
    return found


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("models", nargs="*", type=Path, default=[*shipped_students().values()])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 32])
    parser.add_argument("--rounds", type=int, default=60, help="default 60")
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    for model in options.models:
        run.found(*ratios(model, options.batch, options.rounds))
    _script.finish(run)


if __name__ == "__main__":
    main()
