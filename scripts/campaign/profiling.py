"""Training throughput of one network, plainly, as a CUDA graph and compiled, and what its time goes into."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

OUT = Path("profile")
_EPOCHS = 3


def measure(spec: dict[str, Any]) -> None:
    """Time epochs of `spec["recipe"]` with `changes` in each way; write `profile/NAME.json`, and a trace's table.

    Faces per second are those of the quickest epoch but the first, rendering and the epoch's accuracy included. The
    table is made where none of the ways reaches `spec["wanted"]`.
    """
    OUT.mkdir(exist_ok=True)
    name, file = spec["name"], OUT / f"{spec['name']}.json"
    rates = json.loads(file.read_text())["rates"] if file.is_file() else {}
    for way in spec["ways"]:
        if way in rates:
            continue
        if time.time() > spec["end"]:
            break
        # What is stopped here is not tried again.
        rates[way] = "begun, and not over in its time"
        _write(file, spec["wanted"], rates)
        try:
            rates[way] = _rate(spec, way)
        except Exception as error:  # noqa: BLE001  a way that fails is a result
            rates[way] = str(error).partition("\n")[0]
        print(
            f"{name}, {way}: {rates[way] if isinstance(rates[way], str) else f'{rates[way]:,.0f} faces/s'}", flush=True
        )
        _write(file, spec["wanted"], rates)
    best = max((rate for rate in rates.values() if not isinstance(rate, str)), default=0.0)
    if best < spec["wanted"]:
        (OUT / f"{name}.txt").write_text(_table(spec))
        print(f"{name}: {best:,.0f} of {spec['wanted']:,} faces/s; what limits it is in profile/{name}.txt")


def _write(file: Path, wanted: int, rates: dict[str, Any]) -> None:
    file.write_text(json.dumps({"wanted": wanted, "rates": rates}, indent=2) + "\n")


def _rate(spec: dict[str, Any], way: str) -> float:
    run, count = _train(spec, way, _EPOCHS)
    return float(count / min(line.seconds for line in run.history[1:]))


def _train(spec: dict[str, Any], way: str, epochs: int) -> tuple[Any, int]:
    from edgefer.distill.run import faces_of
    from edgefer.distill.trainer import train
    from edgefer.recipe import load

    # `graph` is what happens by itself on a GPU.
    os.environ["EDGEFER_CUDA_GRAPHS"] = "1" if way.startswith("graph") else "0"
    changes = [*spec["changes"], f"train.epochs={epochs}", "train.keep_every=1000"]
    if way == "compiled":
        changes.append("train.compile=true")
    if way.startswith("graph-"):
        changes.append(f"train.batch={way.removeprefix('graph-')}")
    recipe = load(spec["recipe"], changes).alone()
    faces = faces_of(recipe)
    return train(recipe, faces.training, faces.choosing, Path("runs", "trial", "profile")), len(faces.training)


def _table(spec: dict[str, Any]) -> str:
    """Two epochs under torch's profiler: operations by what they took on the GPU, and on the CPU."""
    import torch
    from torch.profiler import ProfilerActivity, profile

    here = [ProfilerActivity.CPU, *([ProfilerActivity.CUDA] if torch.cuda.is_available() else [])]
    less = spec | {"changes": [*spec["changes"], "data.limit=5120"]} if not spec["toy"] else spec
    with profile(activities=here) as watched:
        _train(less, "plain", 2)
    means = watched.key_averages()
    keys = ["cuda_time_total", "cpu_time_total"] if torch.cuda.is_available() else ["cpu_time_total"]
    return "\n\n".join(f"by {key}\n{means.table(sort_by=key, row_limit=25)}" for key in keys) + "\n"
