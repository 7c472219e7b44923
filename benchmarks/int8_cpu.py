"""INT8 against FP32 in ONNX Runtime on one CPU core: the file for CPUs, and the one that engines are made from.

    python benchmarks/int8_cpu.py [MODEL.onnx | ARCHITECTURE]... [--batch 1 8] [--rounds 30]

Without arguments: the shipped students and the ResEmoteNet family with untrained weights, on which speed does not depend.
All files of a model are run in turn, round after round, by one thread; times are of the processor, so that other work on
the machine counts little. A ratio is the median over rounds of a file's time over FP32's in the same round, with the
first and last decile behind it: below 1, INT8 is faster.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgefer.card import InputSpec, ModelCard, Provenance
from edgefer.data.load import load_faces
from edgefer.export.checkpoint import export_checkpoint
from edgefer.models.registry import ARCHITECTURES
from edgefer.quantize.calibration import make_calibration_set
from edgefer.quantize.cpu import write_cpu_int8
from edgefer.quantize.int8 import write_int8
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


def rows(src: Path, folder: Path, batches: Sequence[int], rounds: int) -> list[list[str]]:
    card = read_card(src)
    faces = load_faces("demo", "Training")
    pool = screen(faces)
    # Ranges do not change the speed: any faces will do.
    own = card.but(provenance=card.provenance.model_copy(update={"dataset": "demo"}))
    calibration = make_calibration_set(pool, own, FACES, folder / "set")
    files = {"FP32": src, "INT8 for CPUs": folder / "cpu.onnx", "INT8 for engines": folder / "int8.onnx"}
    write_cpu_int8(src, calibration, files["INT8 for CPUs"], unseen)
    write_int8(src, calibration, files["INT8 for engines"], unseen)
    sessions = {name: open_graph(path, threads=1) for name, path in files.items()}
    found = []
    for batch in batches:
        pixels = np.asarray(calibration.pixels[:batch], np.float32)
        calls = {name: max(1, int(ROUND_SECONDS / seconds_a_call(one, pixels, 3))) for name, one in sessions.items()}
        times = [
            {name: seconds_a_call(one, pixels, calls[name]) for name, one in sessions.items()} for _ in range(rounds)
        ]
        cells = [card.name, str(batch)]
        for name in files:
            own_times = np.array([one[name] for one in times])
            ratios = own_times / np.array([one["FP32"] for one in times])
            low, high = np.quantile(ratios, (0.1, 0.9))
            text = f"{1000 * np.median(own_times):.2f} ms"
            cells.append(text if name == "FP32" else f"{np.median(ratios):.2f} ({low:.2f} to {high:.2f})")
        found.append(cells)
    return found


def features() -> str:
    """What this CPU has for INT8, where Linux tells."""
    try:
        flags = Path("/proc/cpuinfo").read_text(encoding="utf-8").split()
    except OSError:
        return "not told"
    known = ("avx2", "avx512bw", "avx512_vnni", "avx_vnni", "amx_int8", "asimddp", "i8mm")
    return ", ".join(name for name in known if name in flags) or "nothing known"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("models", nargs="*", default=[*map(str, shipped_students().values()), *FAMILY])
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--rounds", type=int, default=30)
    options = parser.parse_args()
    print(f"one core with {features()}")
    table = []
    for model in options.models:
        with tempfile.TemporaryDirectory(prefix="edgefer-int8-cpu-") as place:
            folder = Path(place)
            src = exported(model, folder) if model in ARCHITECTURES else Path(model)
            table += rows(src, folder, options.batch, options.rounds)
    print(text_table(["", "faces", "FP32", "INT8 for CPUs / FP32", "INT8 for engines / FP32"], table))


if __name__ == "__main__":
    main()
