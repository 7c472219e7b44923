"""ONNX to an engine folder: precision put into the graph, compiled, proven, and written with its passport."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from edgefer import paths
from edgefer.card import FILE, ModelCard, Passport, Precision
from edgefer.data.faces import FaceSet
from edgefer.engine import census
from edgefer.engine.compare import compare
from edgefer.engine.compiler import Plan, compile_plan
from edgefer.engine.holding import check_limits, hold, judges_sha256, write_exclusion
from edgefer.engine.inputs import inputs_of
from edgefer.engine.layout import OWN, engine_name, folder_name
from edgefer.engine.measure import measure
from edgefer.engine.options import BATCH, PLAIN, Batch, Options, check_method, check_options, checked_batch
from edgefer.engine.parts import MEASURING, Parts
from edgefer.engine.past import Past
from edgefer.engine.precision import at_precision, check_calibration, check_learned, check_source
from edgefer.engine.result import BuildResult
from edgefer.engine.source import file_of, name_of
from edgefer.engine.toolchain import toolchain
from edgefer.engine.torch_compiler import compiler_of, compiler_tools
from edgefer.quantize import graph
from edgefer.quantize.calibration import FACES, CalibrationSet
from edgefer.quantize.exclusion import Exclusion
from edgefer.quantize.method import DEFAULT
from edgefer.runtime.session import Array
from edgefer.trt.rebuild import ONNX


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
    options: Options = PLAIN,
    model: Path | None = None,
    faces: FaceSet | None = None,
    last: Past | None = None,
) -> BuildResult:
    """Build an engine from an ONNX file with a card: float32, or already at `precision`, which is then kept as it is.

    out: the folder, by default under `engines/`, named for its facts; replaced as a whole when it exists.
    calibration: needed for INT8 and FP8 from a float32 file that did not learn its ranges; where it did, and a set is
    given, ranges are measured on that. targets: such as `sm89`, for TensorRT-RTX. batch: smallest,
    usual and largest number of faces. pixels: network input, float32 `[N, C, H, W]`, on which the converted file is
    compared with the float32 one. options: what else is asked of the flavour. model: what `onnx` was exported from, if
    it was; the passport names it. faces: labelled ones, on which both files are measured. last: how the last build of
    its kind went, to foretell this one.

    Raises ArtifactError, UsageError, BackendError, BuildError or Interrupted; none leaves anything behind.
    """
    checked_batch(batch)
    chosen, machine, target_names = toolchain(flavour, targets, precision)
    check_options(options, chosen, target_names)
    _, source = graph.load(onnx)
    check_method(options, precision, source)
    check_limits(options, precision, source)
    check_source(onnx, source, precision, chosen, target_names)
    check_learned(source, precision, calibration, options)
    check_calibration(source, precision, calibration)
    if not precision.calibrated:
        calibration = None
    compiler = compiler_of(model or onnx, precision) if options.torch_tensorrt else compile_plan
    out = out or paths.ENGINES / folder_name(source.name, precision, chosen, target_names, options, batch)
    paths.refuse_foreign(out, OWN, "an engine")
    parts = Parts()
    with tempfile.TemporaryDirectory(prefix="edgefer-engine-") as folder:
        # Everything slow happens before the output folder is touched.
        ready = Path(folder) / ONNX
        exclusion = None
        if options.limits is not None and calibration is not None:
            with parts.part("holding limits"):
                exclusion = hold(onnx, calibration, options.limits, options.method or DEFAULT)
        left = exclusion.left if exclusion else ()
        with parts.part("converting"):
            card, rounding = at_precision(onnx, source, precision, calibration, ready, options.method or DEFAULT, left)
        reference = onnx if source.precision is Precision.FP32 else None
        converted = source.precision is not precision
        agreement = None
        if pixels is not None and reference is not None and converted:
            with parts.part("comparing"):
                agreement = compare(reference, ready, pixels)
        title = f"compiling {card.name} {precision.value} for {'+'.join(target_names)}"
        with parts.part("compiling"):
            plan = compiler(
                chosen, ready.read_bytes(), batch, target_names, title, options, last.compiled if last else None
            )
        with parts.part("proving"):
            proof = census.prove(precision, graph.census(graph.load(ready)[0]), census.count(plan.details.layers))
        before = after = None
        if faces is not None:
            with parts.part(MEASURING):
                before, after = measure(reference if converted or reference is None else ready, ready, faces)
        made_of = file_of(model or onnx)
        sha256 = calibration.sha256 if calibration else ""
        passport = Passport(
            flavour=chosen.plans,
            version=chosen.version,
            targets=target_names,
            batch=batch,
            version_compatible=options.version_compatible,
            hardware_compatible=options.hardware_compatible,
            stripped=options.strip,
            max_drop=options.limits.max_drop if options.limits else None,
            max_class_drop=options.limits.max_class_drop if options.limits else None,
            plan_sha256=hashlib.sha256(plan.data).hexdigest(),
            onnx_sha256=paths.sha256(ready),
            calibration_sha256=sha256,
            calibration=f"{name_of(calibration.folder)}/{FACES}" if calibration else "",
            source=name_of(model or onnx),
            before=before,
            after=after,
            gpu=machine.gpus[0].name if machine.present else "",
            driver=machine.version,
            cuda=machine.cuda,
            census=proof,
            inputs=inputs_of(
                made_of,
                precision,
                chosen,
                machine,
                target_names,
                batch,
                options,
                sha256,
                judges_sha256(options, source),
            ),
        )
        card = card.but(engine=passport, tools={**card.tools, chosen.name: chosen.version, **compiler_tools(options)})
        with parts.part("writing"):
            _write(out, card, plan, Path(folder), exclusion)
    engine = out / engine_name(card.name)
    return BuildResult(
        out, engine, out / ONNX, card, plan.compiled, parts.seconds, agreement, rounding, exclusion=exclusion
    )


def _write(out: Path, card: ModelCard, plan: Plan, graphs: Path, exclusion: Exclusion | None) -> None:
    """Put an engine, its card, and the ONNX files in `graphs` into `out`, all or nothing."""
    assert card.engine is not None
    with paths.atomic_dir(out) as temporary:
        (temporary / engine_name(card.name)).write_bytes(plan.data)
        for graph_file in graphs.glob("*.onnx"):
            shutil.copyfile(graph_file, temporary / graph_file.name)
        plan.details.write(temporary, card.engine.plan_sha256)
        if exclusion is not None:
            write_exclusion(temporary, exclusion)
        (temporary / FILE).write_text(card.to_json(indent=2) + "\n", encoding="utf-8")
