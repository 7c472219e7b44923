"""Put a finished run into the package: its ONNX file, its trimmed weights, and its log under docs/training.

python scripts/ship_student.py runs/fer2013-s
"""

from __future__ import annotations

import argparse
from pathlib import Path

from keep_log import ROOT, keep_log

from edgefer.distill.trainer import read_run
from edgefer.export.checkpoint import export_checkpoint
from edgefer.models.checkpoint import load, read_scales, save
from edgefer.models.resemotenet import count_parameters
from edgefer.models.trim import trim


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    run = read_run(parser.parse_args().run)
    network, card = load(run.checkpoint)
    body = trim(network.body, *card.input.shape)
    students = ROOT / "edgefer" / "students"
    students.mkdir(exist_ok=True)
    exported = export_checkpoint(run.checkpoint, students / f"{card.name}.onnx")
    trimmed = card.but(trimmed=True, parameters=count_parameters(body))
    save(students / f"{card.name}.safetensors", body, trimmed, read_scales(run.checkpoint))
    keep_log(run, exported.card)
    print(f"{exported.path}: {run.accuracy:.2%} on {card.measured[0].split}")


if __name__ == "__main__":
    main()
