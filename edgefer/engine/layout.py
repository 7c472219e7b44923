"""What an engine's folder is called, and what lies in it.

engines/<name>-<precision>-<trt|rtx>-<targets>[-b<batch>][-vc][-hc][-stripped]/
    <name>.engine   the pure plan, as trtexec, Triton and DeepStream take it
    model.onnx      the ONNX file at that precision; of an engine without weights it has them
    int8.onnx       INT8 alone (FP8: fp8.onnx): the same before the rest became half precision, for ONNX Runtime
    layers.json     its fused layers and memory, as the build told them
    exclusion.json  INT8 within limits: which convolutions stayed in float, in which order and why
    card.json       the model card with the engine's passport
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from edgefer.card import FILE, Precision
from edgefer.engine.details import DETAILS
from edgefer.engine.holding import EXCLUSION
from edgefer.engine.options import BATCH, PLAIN, Batch, Options
from edgefer.trt.flavour import Flavour
from edgefer.trt.rebuild import ONNX

INT8_ONNX, FP8_ONNX = "int8.onnx", "fp8.onnx"
# A folder that holds nothing else may be replaced.
OWN = ("*.engine", ONNX, INT8_ONNX, FP8_ONNX, DETAILS, EXCLUSION, FILE)


def folder_name(
    name: str,
    precision: Precision,
    flavour: Flavour,
    targets: Sequence[str],
    options: Options = PLAIN,
    batch: Batch = BATCH,
) -> str:
    """Such as `mini-c-int8-rtx-sm80+sm89`: what tells one engine from another at a glance.

    A batch range that is not the default follows as `-b2-4-16`, or `-b4` for four faces exactly, then `-vc` and `-hc`
    for version- and hardware-compatible engines, `-torch` for those that torch-tensorrt compiled, and `-stripped` for
    those without weights.
    """
    sizes = "" if batch == BATCH else "-b" + "-".join(map(str, batch[:1] if len(set(batch)) == 1 else batch))
    suffix = sizes + "-vc" * options.version_compatible + "-hc" * options.hardware_compatible
    suffix += "-torch" * options.torch_tensorrt + "-stripped" * options.strip
    return f"{_slug(name)}-{precision.value}-{flavour.short}-{'+'.join(targets)}{suffix}"


def cpu_folder_name(name: str) -> str:
    """Of the INT8 file for ONNX Runtime on a CPU, such as `mini-c-int8-cpu`; it lies there as `model.onnx`, alone."""
    return f"{_slug(name)}-{Precision.INT8.value}-cpu"


def engine_name(name: str) -> str:
    """The plan's file name for a model's name."""
    return f"{_slug(name)}.engine"


def _slug(name: str) -> str:
    return re.sub(r"[^\w.+-]+", "-", name).strip("-.") or "model"
