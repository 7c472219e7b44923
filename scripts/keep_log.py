"""Keep the logs of finished runs under docs/training: recipe, one line an epoch, and a record with machine and card.

python scripts/keep_log.py runs/fer2013-s ...
"""

from __future__ import annotations

import argparse
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from edgefer.card import ModelCard
from edgefer.distill.trainer import METRICS, RECIPE, Run, read_run

ROOT = Path(__file__).resolve().parent.parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("runs", type=Path, nargs="+")
    for folder in parser.parse_args().runs:
        run = read_run(folder)
        print(f"{keep_log(run, run.card)}: {run.accuracy:.2%} on {run.card.measured[0].split}")


def keep_log(run: Run, card: ModelCard) -> Path:
    """Write docs/training/NAME for a run; `card` is what its record holds. Call it on the machine that trained it."""
    logs = ROOT / "docs" / "training" / card.name
    logs.mkdir(parents=True, exist_ok=True)
    for name in (METRICS, RECIPE):
        shutil.copyfile(run.folder / name, logs / name)
    machine = {
        "cpu": _cpu(),
        "python": platform.python_version(),
        "torch": version("torch"),
        "seconds": round(sum(epoch.seconds for epoch in run.history)),
        "card": card.model_dump(mode="json"),
    }
    (logs / "record.json").write_text(json.dumps(machine, indent=2) + "\n", encoding="utf-8")
    return logs


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    return next(
        (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), platform.processor()
    )


if __name__ == "__main__":
    main()
