"""The steps that look at the machine: what it is, its faces, tests, TensorRT and the benchmark."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import subprocess
import sys
import time
from importlib import metadata
from pathlib import Path

from campaign.jobs import last_line, together, worker
from campaign.parcels import checkout, unpack
from campaign.place import ROOT, Place, StepFailed, Unfinished

STORES = ("fer2013", "ferplus-crossentropy")
_LIBRARIES = (
    "torch", "triton", "numpy", "onnx", "onnxruntime", "onnxruntime-gpu", "tensorrt", "tensorrt-rtx", "torch-tensorrt",
    "nvidia-cudnn-cu13", "nvidia-cudnn-cu12", "pydantic", "safetensors",
)  # fmt: skip
_MODELS = ("edgefer-c", "edgefer-s")
_SHIPPED = ("fer2013-c-best", "fer2013-s-best")
# Each size costs some seconds a row for its energy.
_BATCHES = (1, 4, 16, 64, 256, 1024)
_NO_MORE = ("--no-int8", "--no-compile")


def environment(place: Place) -> None:
    """What every figure of the campaign is traced to: GPU, driver, libraries, commit, processor."""
    said = {
        "time": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()),
        "gpu": _said(
            "nvidia-smi", "--query-gpu=name,driver_version,memory.total,pstate,clocks.sm", "--format=csv,noheader"
        ),
        "nvidia-smi": _said("nvidia-smi"),
        "commit": checkout() or place.read("carried/files/parcels.json", {}).get("commit", ""),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "libraries": _versions(),
    }
    place.write("environment.json", said)
    print(f"  {said['gpu'] or 'no NVIDIA GPU'}; torch {said['libraries'].get('torch')}; commit {said['commit'][:12]}")


def data(place: Place) -> None:
    """Find the prepared stores, or unfold the faces that were carried here, and write down their hashes."""
    if place.toy:
        place.write("data.json", {"demo": "drawn"})
        return
    carried = unpack(place)
    hashes = {}
    for name in STORES:
        at = place.work / "data" / name
        at.parent.mkdir(parents=True, exist_ok=True)
        for source in (carried / name, ROOT / "data" / name):
            if not at.exists() and (source / "manifest.json").is_file():
                at.symlink_to(source.resolve())
        if at.exists():
            manifest = json.loads((at / "manifest.json").read_text(encoding="utf-8"))
            hashes[name] = {split: about["sha256"] for split, about in manifest["splits"].items()}
    place.write("data.json", hashes)
    print(f"  stores: {', '.join(hashes) or 'none'}")
    if "fer2013" not in hashes:
        raise StepFailed("no FER2013 store: prepare it as data/fer2013, or carry it here (docs/gpu-campaign.md)")


def gpu_tests(place: Place) -> None:
    """`pytest -m gpu`: its report is the result, whatever it says."""
    report = place.work / "gpu-tests.xml"
    paths = ["tests/runtime/test_torch.py", "tests/trt", "tests/engine/test_build.py", "tests/runtime/test_engine.py"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-m",
        "gpu",
        "-rA",
        "-p",
        "no:cacheprovider",
        f"--junitxml={report}",
    ]
    code = together(place, {"gpu-tests": [*command, "--rootdir", str(ROOT), *(str(ROOT / path) for path in paths)]})[
        "gpu-tests"
    ]
    if code is None:
        raise Unfinished(last_line(place, "gpu-tests"))
    place.write("gpu-tests.json", {"exit": code, "said": last_line(place, "gpu-tests")})


def tensorrt(place: Place) -> None:
    """Build engines with every flavour that is installed, and try each on this GPU past all refusals."""
    folder = place.work / "tensorrt"
    folder.mkdir(exist_ok=True)
    said: dict[str, str] = {}
    for name in ("tensorrt", "tensorrt_rtx", "torch_tensorrt"):
        code = f"import {name}; print({name}.__version__)"
        done = subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, env=place.environment(), check=False
        )
        said[f"import {name}"] = done.stdout.strip() or (done.stderr.strip().splitlines() or ["killed"])[-1]
    place.write("tensorrt/imports.json", said)
    wanted = ["tensorrt"] if not said["import tensorrt"].startswith("ModuleNotFound") else []
    wanted += [f"tensorrt_rtx:{target}" for target in _targets(place)]
    for one in wanted:
        if place.left < 45:
            raise Unfinished(f"before {one}")
        _try(place, folder, *one.partition(":")[::2])


def _targets(place: Place) -> list[str]:
    """The generations that TensorRT-RTX can be asked for: those that it names itself, the GPU's own too if it does."""
    code = "from edgefer.trt.flavour import load; print(' '.join(load('tensorrt_rtx').targets))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=place.environment(), check=False
    )
    targets = done.stdout.split()
    near = [target for target in ("sm90", "sm80", "sm89", "sm120") if target in targets]
    return near[:1] if place.toy else near


def _try(place: Place, folder: Path, flavour: str, target: str) -> None:
    name = "-".join(filter(None, (flavour, target)))
    engine = folder / name / "model.engine"
    if not list((folder / name).glob("*.engine")):
        command = [
            sys.executable, "-m", "edgefer", "build-engine", "fer2013-c-best", "--precision", "fp16", "--flavour", flavour,
            "--no-measure", "--out", str(folder / name), *(("--target", target) if target else ()),
        ]  # fmt: skip
        if together(place, {f"build-{name}": command})[f"build-{name}"] != 0:
            place.write(f"tensorrt/{name}.json", {"build": last_line(place, f"build-{name}")})
            return
    engine = next(iter((folder / name).glob("*.engine")))
    spec = {"engine": str(engine), "out": str(folder / f"{name}.json")}
    code = together(place, {f"trial-{name}": worker("tensorrt", spec)})[f"trial-{name}"]
    found = place.read(f"tensorrt/{name}.json", {})
    place.write(f"tensorrt/{name}.json", found | {"build": "ok", "exit": code})


def benchmark(place: Place) -> None:
    """The suite at batch 1 with energy and memory for C and for S, and C over batches 1 to 1024.

    A run of the suite keeps nothing until it is over, so none is begun that would not be.
    """
    made = [place.runs / name / "best.safetensors" for name in _MODELS]
    small, student = [str(path) if path.is_file() else other for path, other in zip(made, _SHIPPED, strict=True)]
    one = ("--batch", "1", "--rounds", "5", "--seconds", "1", "--calls", "50", "--threads", "1")
    many = [part for size in _BATCHES for part in ("--batch", str(size))]
    runs = {
        "batch-1": (180, [small, *one]),
        "sweep": (
            200,
            [small, *many, "--rounds", "3", "--seconds", "0.3", "--calls", "20", "--threads", "8", *_NO_MORE],
        ),
        "students": (180, [student, *one]),
    }
    if place.toy:
        runs = {"batch-1": (0, [small, "--teacher", "mini-resemotenet-c", "--threads", "1", "--no-int8", "--quick"])}
    for name, (least, options) in runs.items():
        out = place.work / "benchmark" / name
        if (out / "benchmark.json").is_file():
            continue
        if place.left < least:
            raise Unfinished(f"{name} waits: it takes {least} s or more, {place.left:.0f} s were left")
        command = [sys.executable, "-m", "edgefer", "benchmark", *options, "--out", str(out)]
        code = together(place, {f"benchmark-{name}": command})[f"benchmark-{name}"]
        if code is None:
            raise Unfinished(f"{name}, which keeps nothing until it is over")
        if code != 0:
            raise StepFailed(last_line(place, f"benchmark-{name}"))


def _said(*command: str) -> str:
    with contextlib.suppress(OSError, subprocess.TimeoutExpired):
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""
    return ""


def _versions() -> dict[str, str]:
    found = {}
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    return found


def _cpu() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor()
