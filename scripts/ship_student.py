"""Put a finished run into the package: its ONNX file, its trimmed weights, and its log under docs/training.

python scripts/ship_student.py runs/fer2013-s
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from edgefer.distill.trainer import METRICS, RECIPE, read_run
from edgefer.export.checkpoint import export_checkpoint
from edgefer.models.checkpoint import load, save
from edgefer.models.resemotenet import count_parameters
from edgefer.models.trim import trim

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    folder: Path = parser.parse_args().run
    run = read_run(folder)
    network, card = load(run.checkpoint)
    body = trim(network.body, *card.input.shape)
    students, logs = ROOT / "edgefer" / "students", ROOT / "docs" / "training" / card.name
    students.mkdir(exist_ok=True)
    exported = export_checkpoint(run.checkpoint, students / f"{card.name}.onnx")
    save(students / f"{card.name}.safetensors", body, card.but(trimmed=True, parameters=count_parameters(body)))
    logs.mkdir(parents=True, exist_ok=True)
    for name in (METRICS, RECIPE):
        shutil.copyfile(folder / name, logs / name)
    machine = {
        "cpu": _cpu(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "seconds": round(sum(epoch.seconds for epoch in run.history)),
        "card": exported.card.model_dump(mode="json"),
    }
    (logs / "record.json").write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")
    print(f"{exported.path}: {run.accuracy:.2%} on {card.measured[0].split}")


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


if __name__ == "__main__":
    main()
