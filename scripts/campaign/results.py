"""The table of results: everything read off the files that the steps left, whatever of them is there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from campaign import networks
from campaign.jobs import Job, history
from campaign.place import Place


def write_results(place: Place, steps: list[str]) -> None:
    """Write `results.json` and `results.md`, and print the latter."""
    values = gather(place, steps)
    place.write("results.json", values)
    text = markdown(values)
    (place.work / "results.md").write_text(text, encoding="utf-8")
    print(text)


def gather(place: Place, steps: list[str]) -> dict[str, Any]:
    """All figures, each beside what it is traced to."""
    state = place.read("state.json", {})
    return {
        "toy": place.toy,
        "environment": place.read("environment.json", {}),
        "data": place.read("data.json", {}),
        "steps": {name: state.get(name, {"status": "not begun", "seconds": 0, "words": ""}) for name in steps},
        "ensemble": place.read("ensemble.json", {}),
        "profile": {path.stem: _json(path) for path in sorted((place.work / "profile").glob("*.json"))},
        "trainings": {
            title: [row for job in jobs if (row := _training(place, job))] for title, jobs in networks.every_job(place)
        },
        "emoxnet_ensemble": _ensemble_figure(place),
        "tensorrt": {path.stem: _json(path) for path in sorted((place.work / "tensorrt").glob("*.json"))},
        "gpu_tests": place.read("gpu-tests.json", {}),
        "benchmarks": [
            str(path.relative_to(place.work)) for path in sorted((place.work / "benchmark").glob("*/benchmark.json"))
        ],
    }


def _training(place: Place, job: Job) -> dict[str, Any] | None:
    folder = networks.folder_of(place, job)
    epochs = history(folder)
    if not epochs:
        return None
    best = max(epochs, key=lambda line: line["accuracy"])
    planned = place.read(f"plans/{job.name}.json", {})
    done = (folder / "finished.json").is_file()
    card = _card(folder / "best.safetensors") if done else {}
    measured = card.get("measured") or [{}]
    return {
        "name": job.name,
        "without": networks.ablation_names().get(job.name, ""),
        "finished": done,
        "epochs": len(epochs),
        "planned": planned.get("epochs"),
        "seconds_per_epoch": sorted(line["seconds"] for line in epochs)[len(epochs) // 2],
        "faces_per_second_beside_others": planned.get("faces_per_second"),
        "best_epoch": best["epoch"],
        "accuracy": best["accuracy"],
        "macro_f1": measured[0].get("macro_f1"),
        "leak_free": measured[1].get("accuracy") if len(measured) > 1 else None,
        "parameters": card.get("parameters"),
        "seed": (card.get("provenance") or {}).get("seed"),
        "data_sha256": (card.get("provenance") or {}).get("data_sha256"),
        "recipe_sha256": (card.get("provenance") or {}).get("recipe_sha256"),
    }


def _card(path: Path) -> dict[str, Any]:
    """The card in a checkpoint's header, without the libraries that open checkpoints."""
    try:
        data = path.read_bytes()[: 1 << 20]
        header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
        return next(
            (card for text in header["__metadata__"].values() if isinstance(card := json.loads(text), dict)), {}
        )
    except (OSError, ValueError, KeyError):
        return {}


def _ensemble_figure(place: Place) -> Any:
    try:
        text = (place.logs / "emoxnet-ensemble.log").read_text(encoding="utf-8")
        cells = json.loads(text[text.index("{\n") : text.rindex("}") + 1])["cells"]
        return cells[-1]
    except (OSError, ValueError, KeyError, IndexError):
        return None


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}


def markdown(values: dict[str, Any]) -> str:
    """The same as tables."""
    here = values["environment"]
    lines = [
        "# GPU campaign" + (": a rehearsal at toy size, no figure of it means anything" if values["toy"] else ""),
        "",
        f"{here.get('gpu') or 'no NVIDIA GPU'}; {here.get('cpu', '?')}, {here.get('cores', '?')} cores;"
        f" torch {here.get('libraries', {}).get('torch', '?')}; {here.get('time', '?')}; commit {here.get('commit', '')[:12] or '?'}",
        "",
        "| step | state | seconds | |",
        "|---|---|---|---|",
    ]
    for name, step in values["steps"].items():
        lines.append(f"| {name} | {step['status']} | {step['seconds']:.0f} | {_cell(step['words'])} |")
    for name, found in values["profile"].items():
        lines += ["", f"Training throughput of {name}, faces/s ({found.get('wanted', 0):,} wanted):", ""]
        for way, rate in found.get("rates", {}).items():
            lines.append(f"- {way}: {rate if isinstance(rate, str) else f'{rate:,.0f}'}")
    if chosen := values["ensemble"]:
        lines += [
            "",
            f"Ensemble, chosen on {chosen['split']} ({chosen['faces']:,} faces, single crop): {chosen['accuracy']:.2%} by"
            f" {' + '.join(Path(path).parent.name for path in chosen['checkpoints'])}",
        ]
    for title, rows in values["trainings"].items():
        lines += _table(title, rows)
    if figure := values["emoxnet_ensemble"]:
        lines += ["", f"EmoXNet, mean of the probabilities: {json.dumps(figure)[:300]}"]
    for name, found in values["tensorrt"].items():
        lines += ["", f"TensorRT, {name}:", ""] + [f"- {key}: {_cell(str(said))}" for key, said in found.items()]
    if tests := values["gpu_tests"]:
        lines += ["", f"`pytest -m gpu`: exit {tests['exit']}, {_cell(tests['said'])}"]
    if values["benchmarks"]:
        lines += ["", f"Benchmarks: {', '.join(values['benchmarks'])}"]
    return "\n".join(lines) + "\n"


def _table(title: str, rows: list[dict[str, Any]]) -> list[str]:
    if not rows:
        return []
    lines = [
        "",
        f"## {title}",
        "",
        "| run | best accuracy | leak-free | macro F1 | epochs | s an epoch | |",
        "|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        said = f"without: {row['without']}" if row["without"] else ""
        said += "" if row["finished"] else " unfinished"
        lines.append(
            f"| {row['name']} | {row['accuracy']:.2%} (epoch {row['best_epoch']}) | {_share(row['leak_free'])} |"
            f" {_share(row['macro_f1'])} | {row['epochs']} of {row['planned'] or '?'} | {row['seconds_per_epoch']:.2f} |"
            f" {said.strip()} |"
        )
    return lines


def _share(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"


def _cell(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())[:300]
