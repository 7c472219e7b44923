"""INT8 against FP32 in ONNX Runtime on one CPU core: the file for CPUs, and the one that engines are made from.

    python benchmarks/int8_cpu.py [MODEL.onnx | ARCHITECTURE]... [--batch 1 8] [--rounds 30] [--write] [--json]

Without arguments: the shipped students and the ResEmoteNet family with untrained weights, on which speed does not depend.
All files of a model are run in turn, round after round, by one thread; times are of the processor, so that other work on
the machine counts little. A ratio is the median over rounds of a file's time over FP32's in the same round, with the
first and last decile behind it: below 1, INT8 is faster.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import _script
import numpy as np
from _record import Ratio

from edgefer.card import InputSpec, ModelCard, Provenance
from edgefer.data.load import load_faces
from edgefer.export.checkpoint import export_checkpoint
from edgefer.models.registry import ARCHITECTURES
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.cpu import to_cpu_int8
from edgefer.quantize.int8 import to_int8
from edgefer.quantize.pool import screen
from edgefer.runtime.find import shipped_students
from edgefer.runtime.onnx import open_graph, read_card
from edgefer.table import text_table

FAMILY = ("resemotenet", "mini-resemotenet-a", "mini-resemotenet-b", "mini-resemotenet-c")
FACES = 64
# Rounds are as long as the slowest file needs, but no file runs less than this in one.
ROUND_SECONDS = 0.02


def unseen(_advance: int, _note: str) -> None:
    """Progress that nobody watches."""


def exported(architecture: str, folder: Path) -> Path:
    """An untrained network of that name, 64x64 gray, as an ONNX file."""
    import torch

    from edgefer.models.checkpoint import save
    from edgefer.models.registry import build

    faces = load_faces("demo", "Training")
    card = ModelCard(
        name=architecture,
        architecture=architecture,
        parameters=1,
        labels=tuple(faces.emotions),
        input=InputSpec(height=64, width=64),
        provenance=Provenance(dataset="demo", splits=("Training", "PublicTest")),
    )
    torch.manual_seed(0)
    checkpoint = folder / "untrained.safetensors"
    save(checkpoint, build(architecture, channels=1, classes=len(card.labels)), card)
    return export_checkpoint(checkpoint, folder / "fp32.onnx").path


def seconds_a_call(session: object, pixels: np.ndarray, calls: int) -> float:
    feed = {session.get_inputs()[0].name: pixels}
    begin = time.process_time()
    for _ in range(calls):
        session.run(None, feed)
    return (time.process_time() - begin) / calls


def ratios(src: Path, folder: Path, batches: Sequence[int], rounds: int) -> list[tuple[str, int, Ratio, Ratio]]:
    """Of a file, by batch: its name, the batch, INT8 for CPUs and INT8 for engines over FP32."""
    card = read_card(src)
    faces = load_faces("demo", "Training")
    pool = screen(faces)
    # Ranges do not change the speed: any faces will do.
    own = card.but(provenance=card.provenance.model_copy(update={"dataset": "demo"}))
    calibration = make_calibration_set(pool, own, FACES, folder / "set")
    files = {"FP32": src, "INT8 for CPUs": folder / "cpu.onnx", "INT8 for engines": folder / "int8.onnx"}
    to_cpu_int8(src, calibration, files["INT8 for CPUs"], step=unseen)
    to_int8(src, calibration, files["INT8 for engines"], step=unseen)
    sessions = {name: open_graph(path, threads=1) for name, path in files.items()}
    found = []
    for batch in batches:
        pixels = np.asarray(calibration.pixels[:batch], np.float32)
        calls = {name: max(1, int(ROUND_SECONDS / seconds_a_call(one, pixels, 3))) for name, one in sessions.items()}
        sides = {name: partial(seconds_a_call, one, pixels, calls[name]) for name, one in sessions.items()}
        taken = {name: [1000 * one for one in values] for name, values in _script.in_turn(sides, rounds).items()}
        cpu, engine = (
            _script.ratio(f"{card.name}, batch {batch}, {name} over FP32", taken[name], taken["FP32"], "ms")
            for name in ("INT8 for CPUs", "INT8 for engines")
        )
        found.append((card.name, batch, cpu, engine))
    return found


def features() -> str:
    """What this CPU has for INT8, where Linux tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "not told"
    known = ("avx2", "avx512bw", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
    return ", ".join(name for name in known if name in flags) or "nothing known"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("models", nargs="*", default=[*map(str, shipped_students().values()), *FAMILY])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    table = []
    for model in options.models:
        with tempfile.TemporaryDirectory(prefix="edgefer-int8-cpu-") as place:
            folder = Path(place)
            src = exported(model, folder) if model in ARCHITECTURES else Path(model)
            for name, batch, cpu, engine in ratios(src, folder, options.batch, options.rounds):
                table.append([name, str(batch), f"{cpu.plain:.2f} ms", cpu.text, engine.text])
    run.say(f"one core with {features()}")
    run.say(text_table(["", "faces", "FP32", "INT8 for CPUs / FP32", "INT8 for engines / FP32"], table))
    _script.finish(run)


if __name__ == "__main__":
    main()
