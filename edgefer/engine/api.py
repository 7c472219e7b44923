"""`edgefer.build_engine`: a TensorRT engine from a model, for Python programs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from edgefer.card import Precision
from edgefer.choice import choice
from edgefer.console import telling
from edgefer.engine.cpu import for_cpu
from edgefer.engine.once import build_once
from edgefer.engine.options import BATCH, Batch, Options
from edgefer.engine.request import Request
from edgefer.engine.result import BuildResult
from edgefer.engine.toolchain import say_left_out
from edgefer.errors import UsageError
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.method import Method
from edgefer.runtime.find import said_student


def build_engine(
    model: str | Path | None = None,
    precision: str | Precision = Precision.FP16,
    *,
    calibration: str | Path | None = None,
    calibration_method: str | Method | None = None,
    max_drop: float | None = None,
    max_class_drop: float | None = None,
    targets: str | Sequence[str] = (),
    batch: int | Batch = BATCH,
    flavour: str | None = None,
    version_compatible: bool = False,
    hardware_compatible: bool = False,
    workspace: int | None = None,
    torch_tensorrt: bool = False,
    strip: bool = False,
    out: str | Path | None = None,
    measure: bool = True,
    force: bool = False,
    verbose: bool = False,
) -> BuildResult:
    """Compile a TensorRT engine and prove its precision; TensorRT-RTX does so without a GPU (docs/engines.md).

    model: a shipped student's name, a checkpoint, a run's folder or an ONNX file; None for the newest student.
    precision: `fp32`, `fp16`, `bf16`, `int8` or `fp8`. calibration: a set's folder for int8 and fp8; None makes the
        model's own. calibration_method: `entropy` (the default), `minmax` or `percentile`. max_drop, max_class_drop:
        percentage points of accuracy, and of any emotion's recall, that INT8 may lose: the worst layers stay in float.
    targets: GPU generations such as `sm89` (TensorRT-RTX). batch: faces at once as (smallest, usual, largest), or one
        fixed number. flavour: `tensorrt` or `tensorrt_rtx`; None for tensorrt where there is a GPU.
    version_compatible, hardware_compatible, torch_tensorrt, strip, workspace (MiB): see docs/engines.md.
    out: its folder, by default in `engines/`; an engine there that was made of the very same is kept unless `force`.
    measure: measure accuracy before and after, where faces are at hand. verbose: progress on stderr.

    Returns a `BuildResult`: `engine` is the plan, `card` its passport, `agreement` how near its answers are to float32;
    `to_dict()` gives what `--json` prints. Raises BackendError when no TensorRT can build here, UsageError for what does
    not exist or cannot go together, ArtifactError for a damaged model, BuildError when the compiler refuses or the result
    has another precision, CheckFailed when no INT8 holds the limits, Interrupted on Ctrl-C. INT8 for ONNX Runtime on a CPU
    is no engine: that is `edgefer build-engine --target cpu`.
    """
    wanted = choice(Precision, precision, "precision")
    method = None if calibration_method is None else choice(Method, calibration_method, "calibration method")
    limits = None if max_drop is None and max_class_drop is None else Limits(max_drop, max_class_drop)
    options = Options(version_compatible, hardware_compatible, workspace, method, limits, torch_tensorrt, strip)
    named = (targets,) if isinstance(targets, str) else tuple(targets)
    if for_cpu(named):
        raise UsageError("an INT8 file for a CPU is no engine", "edgefer build-engine --precision int8 --target cpu")
    with telling(verbose):
        say_left_out(flavour, named, wanted)
        request = Request(
            said_student() if model is None else Path(model),
            wanted,
            None if calibration is None else Path(calibration),
            named,
            (batch, batch, batch) if isinstance(batch, int) else batch,
            flavour,
            None if out is None else Path(out),
            options,
            measure,
        )
        return build_once(request, force)
