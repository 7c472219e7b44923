"""`--target cpu`: INT8 for ONNX Runtime, an ONNX file in a folder of its own and no engine."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer import paths
from edgefer.card import ModelCard, Precision
from edgefer.engine.calibrating import calibration_for
from edgefer.engine.layout import cpu_folder_name
from edgefer.engine.measure import Change, judging_faces, measure
from edgefer.engine.options import BATCH, check_method
from edgefer.engine.request import Request
from edgefer.engine.source import card_of, file_of, onnx_of
from edgefer.errors import BuildError, UsageError
from edgefer.evaluate.agreement import Agreement, compare_logits
from edgefer.export.checkpoint import checking_pixels
from edgefer.quantize import graph
from edgefer.quantize.cpu import TARGET, to_cpu_int8
from edgefer.quantize.method import DEFAULT
from edgefer.runtime.onnx import OnnxSession
from edgefer.trt.rebuild import ONNX

_WHY_NOT = {
    Precision.FP32: ("ONNX Runtime takes a float32 ONNX file as it is", "edgefer export MODEL"),
    Precision.FP16: ("a CPU only emulates half precision, slower than float32", "use --precision int8"),
    Precision.BF16: ("ONNX Runtime's CPU kernels do not compute in BF16", "use --precision int8"),
    Precision.FP8: ("ONNX Runtime's CPU kernels do not compute in FP8", "use --precision int8"),
}


@dataclass(frozen=True)
class CpuResult:
    """A finished file. census: of its graph. agreement: with the float32 file, on real faces.

    change: accuracy before and after; None where it was not measured, and then unmeasured says why.
    """

    folder: Path
    onnx: Path
    card: ModelCard
    census: dict[str, int]
    agreement: Agreement
    change: Change | None
    unmeasured: str = ""

    def to_dict(self) -> dict[str, Any]:
        """As JSON values."""
        before, after = (self.change.before, self.change.after) if self.change else (None, None)
        return {
            "schema": 1,
            "folder": str(self.folder),
            "onnx": str(self.onnx),
            "onnx_bytes": self.onnx.stat().st_size,
            "census": self.census,
            "agreement": asdict(self.agreement),
            "before": before.model_dump(mode="json") if before else None,
            "after": after.model_dump(mode="json") if after else None,
            "unmeasured": self.unmeasured,
            "card": self.card.model_dump(mode="json"),
        }


def for_cpu(targets: Iterable[str]) -> bool:
    """Whether a build is asked for a CPU; raises UsageError when it is asked for GPUs too."""
    names = {text.strip().lower() for text in targets}
    if TARGET not in names:
        return False
    if others := sorted(names - {TARGET}):
        raise UsageError(
            f"one build is for a CPU or for GPUs, not for both: --target {' '.join((TARGET, *others))}",
            "build twice, once with --target cpu alone",
        )
    return True


def check_cpu(request: Request, refused: Sequence[str] = ()) -> None:
    """Raise UsageError, with the reason, for what a file for a CPU cannot be or have.

    refused: further options that were given and that such a file does not have.
    """
    if request.precision in _WHY_NOT:
        reason, fix = _WHY_NOT[request.precision]
        raise UsageError(f"--target cpu is for INT8, not for {request.precision.value}: {reason}", fix)
    options = request.options
    if options.limits is not None:
        raise UsageError(
            "--max-drop and --max-class-drop choose the layers of an engine, and --target cpu builds none",
            "leave them out, and judge the file: edgefer evaluate FILE --against MODEL --max-drop 0.5",
        )
    given = {
        "--flavour": request.flavour is not None,
        "--batch": request.batch != BATCH,
        "--version-compatible": options.version_compatible,
        "--hardware-compatible": options.hardware_compatible,
        "--workspace": options.workspace is not None,
        "--torch-tensorrt": options.torch_tensorrt,
        "--strip": options.strip,
    }
    if names := [*(name for name, there in given.items() if there), *refused]:
        raise UsageError(
            f"--target cpu writes an ONNX file, which has no {' or '.join(names)}: ONNX Runtime takes it with any batch",
            "leave that out",
        )


def build_for_cpu(request: Request) -> CpuResult:
    """Write the INT8 file for ONNX Runtime that is asked for, always anew: it takes seconds.

    Makes the model's own calibration set where none is named. The card in the file has the accuracy that was measured,
    or none. Raises as `check_cpu`, `calibration_for` and `to_cpu_int8`; nothing is left behind then.
    """
    check_cpu(request)
    file = file_of(request.model)
    card = card_of(file)
    check_method(request.options, request.precision, card)
    if card.precision is not Precision.FP32:
        raise BuildError(f"{file} is {card.precision.value} already", "start from the float32 file")
    out = request.out or paths.ENGINES / cpu_folder_name(card.name)
    paths.refuse_foreign(out, (ONNX,), "an INT8 file for a CPU")
    calibration = calibration_for(card, request.precision, request.calibration, request.model)
    assert calibration is not None
    faces, unmeasured = judging_faces(card) if request.measure else (None, "--no-measure was given")
    with onnx_of(file) as onnx, tempfile.TemporaryDirectory(prefix="edgefer-cpu-") as folder:
        ready = Path(folder) / ONNX
        to_cpu_int8(onnx, calibration, ready, request.options.method or DEFAULT)
        agreement = _compare(onnx, ready, card)
        change = None
        if faces is not None:
            before, after = measure(onnx, ready, faces)
            assert before is not None
            change = Change(before, after)
        model, card = graph.load(ready)
        # What stands in it was measured on the float32 file.
        card = card.but(measured=(change.after,) if change else ())
        with paths.atomic_dir(out) as temporary:
            graph.save(model, card, temporary / ONNX)
    return CpuResult(out, out / ONNX, card, graph.census(model), agreement, change, unmeasured)


def cpu_text(result: CpuResult) -> str:
    """The file, what it computes in, and what that cost in accuracy."""
    near = result.agreement
    products = ", ".join(f"{number} {key}" for key, number in result.census.items())
    lines = [
        f"{result.onnx}: {result.onnx.stat().st_size / 1e6:.2f} MB, INT8 for ONNX Runtime on a CPU",
        f"  computes in: {products}",
        f"  ranges by {result.card.tools['calibration']}",
        f"  {near.same_label:.1%} of {near.faces} faces get the same label as in float32,"
        f" largest logit difference {near.max_difference:.2g}",
    ]
    if result.change is None:
        return "\n".join([*lines, f"  accuracy was not measured: {result.unmeasured}"])
    change, (emotion, worst) = result.change, result.change.worst
    after = change.after
    lines.append(
        f"  accuracy on {after.place} ({after.faces:,} faces): {change.before.accuracy:.2%} in float32,"
        f" {after.accuracy:.2%} in INT8 ({change.difference:+.2f} points; worst emotion {emotion} {worst:+.2f})"
    )
    return "\n".join(lines)


def _compare(reference: Path, converted: Path, card: ModelCard) -> Agreement:
    pixels = checking_pixels(card)
    with OnnxSession(reference) as first, OnnxSession(converted) as second:
        return compare_logits(first.infer(pixels), second.infer(pixels))
