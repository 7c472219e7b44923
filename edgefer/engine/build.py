"""ONNX to an engine folder: precision put into the graph, compiled, proven, and written with its passport.

engines/<name>-<precision>-<trt|rtx>-<targets>/
    <name>.engine   the pure plan, as trtexec, Triton and DeepStream take it
    model.onnx      the ONNX file at that precision
    card.json       the model card with the engine's passport
"""

from __future__ import annotations

import hashlib
import re
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer import paths
from edgefer.card import FILE, ModelCard, Passport, Precision
from edgefer.engine import census
from edgefer.engine.compiler import Batch, compile_plan
from edgefer.errors import BackendError, BuildError, UsageError
from edgefer.evaluate.agreement import Agreement, compare_logits
from edgefer.quantize import graph
from edgefer.quantize.calibration import CalibrationSet
from edgefer.quantize.fp16 import Rounding, to_fp16
from edgefer.quantize.int8 import to_int8
from edgefer.runtime.onnx import OnnxSession
from edgefer.runtime.session import Array
from edgefer.trt import driver
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour, choose, parse_targets
from edgefer.trt.passport import ONNX

BATCH: Batch = (1, 8, 32)
INT8_ONNX = "int8.onnx"


@dataclass(frozen=True)
class BuildResult:
    """A finished engine folder.

    seconds: compiling alone. agreement: of `onnx` with the float32 file in ONNX Runtime, None when no faces were given
    or nothing was converted. rounding: of the weights, None without a conversion to half precision.
    """

    folder: Path
    engine: Path
    onnx: Path
    card: ModelCard
    seconds: float
    agreement: Agreement | None
    rounding: Rounding | None

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        return {
            "schema": 1,
            "folder": str(self.folder),
            "engine": str(self.engine),
            "engine_bytes": self.engine.stat().st_size,
            "onnx": str(self.onnx),
            "onnx_bytes": self.onnx.stat().st_size,
            "build_seconds": round(self.seconds, 3),
            "agreement": asdict(self.agreement) if self.agreement else None,
            "rounding": asdict(self.rounding) if self.rounding else None,
            "card": self.card.model_dump(mode="json"),
        }


def build_engine(
    onnx: Path,
    precision: Precision,
    out: Path | None = None,
    *,
    calibration: CalibrationSet | None = None,
    targets: Sequence[str] = (),
    batch: Batch = BATCH,
    flavour: str | None = None,
    pixels: Array | None = None,
) -> BuildResult:
    """Build an engine from an ONNX file with a card: float32, or already at `precision`, which is then kept as it is.

    out: the folder, by default under `engines/`, named for its facts; replaced as a whole when it exists.
    calibration: needed for INT8 from a float32 file. targets: such as `sm89`, for TensorRT-RTX. batch: smallest, usual
    and largest number of faces. pixels: network input, float32 `[N, C, H, W]`, on which the converted file is compared
    with the float32 one.

    Raises ArtifactError, UsageError, BackendError, BuildError or Interrupted; none leaves anything behind.
    """
    _check_batch(batch)
    chosen, machine, target_names = toolchain(flavour, targets)
    _, source = graph.load(onnx)
    _check_possible(onnx, source, precision, chosen, target_names, calibration)
    out = out or paths.ENGINES / folder_name(source.name, precision, chosen, target_names)
    paths.refuse_foreign(out, ("*.engine", ONNX, INT8_ONNX, FILE), "an engine")
    with tempfile.TemporaryDirectory(prefix="edgefer-engine-") as folder:
        # Everything slow happens before the output folder is touched.
        ready = Path(folder) / ONNX
        card, rounding = _at_precision(onnx, source, precision, calibration, ready)
        agreement = _compare(onnx, ready, pixels) if pixels is not None and source.precision != precision else None
        title = f"compiling {card.name} {precision.value} for {'+'.join(target_names)}"
        plan = compile_plan(chosen, ready.read_bytes(), batch, target_names, title)
        proof = census.prove(precision, graph.census(graph.load(ready)[0]), census.count(plan.layers))
        passport = Passport(
            flavour=chosen.name,
            version=chosen.version,
            targets=target_names,
            batch=batch,
            plan_sha256=hashlib.sha256(plan.data).hexdigest(),
            onnx_sha256=paths.sha256(ready),
            calibration_sha256=calibration.sha256 if calibration and precision is Precision.INT8 else "",
            gpu=machine.gpus[0].name if machine.present else "",
            driver=machine.version,
            cuda=machine.cuda,
            census=proof,
        )
        card = card.but(engine=passport, tools={**card.tools, chosen.name: chosen.version})
        engine = _slug(card.name) + ".engine"
        with paths.atomic_dir(out) as temporary:
            (temporary / engine).write_bytes(plan.data)
            for graph_file in Path(folder).glob("*.onnx"):
                shutil.copyfile(graph_file, temporary / graph_file.name)
            (temporary / FILE).write_text(card.to_json(indent=2) + "\n", encoding="utf-8")
    return BuildResult(out, out / engine, out / ONNX, card, plan.seconds, agreement, rounding)


def toolchain(flavour: str | None, targets: Sequence[str]) -> tuple[Flavour, Driver, tuple[str, ...]]:
    """What compiles here, this machine's driver, and the targets to compile for; raises when they cannot go together.

    Cheap, so a command can ask before it exports and calibrates. Standard TensorRT times kernels on the GPU: it needs one
    and builds for that one alone.
    """
    machine = driver.probe()
    chosen = choose(flavour, machine)
    if chosen.supports_targets:
        return chosen, machine, parse_targets(targets, chosen)
    if not machine.present:
        raise BackendError(
            f"{chosen.title} builds on the GPU that it builds for, and {machine.problem}",
            "use --flavour tensorrt_rtx, which builds without a GPU (pip install 'edgefer[rtx]')",
        )
    here = machine.gpus[0].target
    if targets and set(targets) != {here}:
        raise UsageError(
            f"{chosen.title} builds for this machine's GPU alone, {here}, not for {', '.join(targets)}",
            "leave --target out, or use --flavour tensorrt_rtx",
        )
    return chosen, machine, (here,)


def folder_name(name: str, precision: Precision, flavour: Flavour, targets: Sequence[str]) -> str:
    """Such as `mini-c-int8-rtx-sm80+sm89`: what tells one engine from another at a glance."""
    return f"{_slug(name)}-{precision.value}-{flavour.short}-{'+'.join(targets)}"


def _slug(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "model"


def parse_batch(text: str) -> Batch:
    """`1:8:32` -> (1, 8, 32); `8` -> (8, 8, 8), an engine for eight faces exactly. Raises UsageError."""
    try:
        sizes = [int(part) for part in text.split(":")]
        smallest, usual, largest = sizes * 3 if len(sizes) == 1 else sizes
    except ValueError as error:
        raise UsageError(f"'{text}' is no batch range", "write SMALLEST:USUAL:LARGEST, such as 1:8:32") from error
    batch = (smallest, usual, largest)
    _check_batch(batch)
    return batch


def _check_batch(batch: Batch) -> None:
    if not 1 <= batch[0] <= batch[1] <= batch[2]:
        raise UsageError(f"a batch range of {':'.join(map(str, batch))} is not possible", "use SMALLEST:USUAL:LARGEST")


def _check_possible(
    onnx: Path,
    card: ModelCard,
    precision: Precision,
    flavour: Flavour,
    targets: Sequence[str],
    calibration: CalibrationSet | None,
) -> None:
    if card.precision not in {Precision.FP32, precision}:
        raise BuildError(f"{onnx} is {card.precision.value} already", "start from the float32 file")
    if precision is Precision.INT8 and card.precision is Precision.FP32 and calibration is None:
        raise UsageError("INT8 needs a calibration set", "make one with: edgefer calibrate, and name it: --calibration")
    if precision is Precision.INT8 and not flavour.int8_convolutions:
        raise BackendError(f"{flavour.title} compiles no INT8 convolutions", "pip install 'tensorrt-rtx>=1.7'")
    if precision is Precision.FP32 and flavour.supports_targets and "sm75" in targets:
        raise BuildError(
            f"{flavour.title} has no FP32 matrix product for Turing (sm75)", "use --precision fp16, or leave sm75 out"
        )


def _at_precision(
    onnx: Path, source: ModelCard, precision: Precision, calibration: CalibrationSet | None, ready: Path
) -> tuple[ModelCard, Rounding | None]:
    """Write the graph that is compiled: INT8 gets half precision everywhere else."""
    model = onnx
    if precision is Precision.INT8 and source.precision is Precision.FP32:
        assert calibration is not None
        model = ready.with_name(INT8_ONNX)
        source = to_int8(onnx, calibration, model)
    finished = source.precision is Precision.FP16 or "mixed" in source.tools
    if precision is Precision.FP32 or finished:
        ready.write_bytes(model.read_bytes())
        return source, None
    return to_fp16(model, ready)


def _compare(reference: Path, converted: Path, pixels: Array) -> Agreement:
    # A file that mixes INT8 and half precision is run without ONNX Runtime's graph optimisations: see OnnxSession.
    with OnnxSession(reference) as first, OnnxSession(converted) as second:
        return compare_logits(first.infer(pixels), second.infer(pixels))
