"""A whole INT8 build from an ONNX file and 512 faces, against `quantize_static` and TensorRT-RTX called by hand.

    python benchmarks/int8_build.py [MODEL.onnx] [--count 512] [--rounds 5] [--data NAME] [--write] [--json]

Without arguments: student C and drawn demo faces. Each build runs in a process of its own, imports included, in turn, with
an empty cache; both compile for the same GPU generations and compare 256 faces with float32. edgefer also draws the faces
evenly, writes their manifest, proves the arithmetic of the compiled layers and writes the passport. Both choose ranges by
the same method: minmax, and entropy, edgefer's default, which ONNX Runtime has of its own making.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import _script

BUDGET_SECONDS = 15.0
BATCH = (1, 8, 32)
CHECKED = 256
METHODS = ("minmax", "entropy")


def edgefer(model: Path, data: str, count: int, method: str, targets: tuple[str, ...]) -> float:
    """Seconds of edgefer's build, from its own parts as `edgefer calibrate` and `edgefer build-engine` call them."""
    return _script.seconds(partial(_edgefer, model, data, count, method, targets))


def _edgefer(model: Path, data: str, count: int, method: str, targets: tuple[str, ...]) -> None:
    from edgefer.card import Precision
    from edgefer.data.load import load_faces
    from edgefer.data.preprocess import network_input
    from edgefer.engine.build import build_engine
    from edgefer.engine.options import Options
    from edgefer.quantize.calibration import make_calibration_set
    from edgefer.quantize.method import Method
    from edgefer.quantize.source import training_pool
    from edgefer.runtime.onnx import read_card

    with tempfile.TemporaryDirectory(prefix="edgefer-int8-") as place:
        folder = Path(place)
        os.environ["EDGEFER_HOME"] = str(folder / "home")
        card = read_card(model)
        calibration = make_calibration_set(training_pool(card, data), card, count, folder / "set")
        faces = load_faces(data, "PublicTest")
        result = build_engine(
            model,
            Precision.INT8,
            folder / "engine",
            calibration=calibration,
            targets=targets,
            batch=BATCH,
            flavour="tensorrt_rtx",
            pixels=network_input(faces.pixels[:CHECKED], card.input),
            options=Options(method=Method(method)),
        )
        check(result.engine)


def plain(model: Path, data: str, count: int, method: str, targets: tuple[str, ...]) -> float:
    """Seconds of the same steps as a script would take them; only the faces come from edgefer."""
    return _script.seconds(partial(_plain, model, data, count, method, targets))


def _plain(model: Path, data: str, count: int, method: str, targets: tuple[str, ...]) -> None:
    import numpy as np
    import onnxruntime as ort
    import tensorrt_rtx as trt
    from onnxruntime.quantization import (
        CalibrationDataReader,
        CalibrationMethod,
        QuantFormat,
        QuantType,
        quantize_static,
    )

    from edgefer.data.load import load_faces

    session = ort.InferenceSession(str(model), providers=["CPUExecutionProvider"])
    given = session.get_inputs()[0]
    height, width = given.shape[2:]

    def batches(pixels: np.ndarray) -> list[dict[str, np.ndarray]]:
        import cv2

        sized = [cv2.resize(face, (width, height), interpolation=cv2.INTER_AREA) for face in pixels]
        return [
            {given.name: np.stack(sized[at : at + 32])[:, None].astype(np.float32)} for at in range(0, len(sized), 32)
        ]

    class Reader(CalibrationDataReader):
        def __init__(self) -> None:
            rows = np.random.default_rng(0).permutation(len(training))[:count]
            self.feeds = iter(batches(training[np.sort(rows)]))

        def get_next(self) -> dict[str, np.ndarray] | None:
            return next(self.feeds, None)

    training = load_faces(data, "Training").pixels
    with tempfile.TemporaryDirectory(prefix="plain-int8-") as place:
        quantised, engine = Path(place) / "int8.onnx", Path(place) / "plain.engine"
        with _script.quiet():
            quantize_static(
                str(model),
                str(quantised),
                Reader(),
                quant_format=QuantFormat.QDQ,
                op_types_to_quantize=["Conv"],
                per_channel=True,
                activation_type=QuantType.QInt8,
                weight_type=QuantType.QInt8,
                calibrate_method={"minmax": CalibrationMethod.MinMax, "entropy": CalibrationMethod.Entropy}[method],
                extra_options={"ActivationSymmetric": True, "WeightSymmetric": True, "QuantizeBias": False},
            )
        after = ort.InferenceSession(str(quantised), providers=["CPUExecutionProvider"])
        for feed in batches(load_faces(data, "PublicTest").pixels[:CHECKED]):
            np.abs(session.run(None, feed)[0] - after.run(None, feed)[0]).max()
        logger = trt.Logger(trt.Logger.ERROR)
        builder = trt.Builder(logger)
        network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
        parser = trt.OnnxParser(network, logger)
        if not parser.parse(quantised.read_bytes()):
            raise SystemExit(f"error: TensorRT-RTX cannot read the file: {parser.get_error(0).desc()}")
        config, profile = builder.create_builder_config(), builder.create_optimization_profile()
        profile.set_shape(given.name, *((size, *given.shape[1:]) for size in BATCH))
        config.add_optimization_profile(profile)
        config.num_compute_capabilities = len(targets)
        for place_, target in enumerate(targets):
            config.set_compute_capability(getattr(trt.ComputeCapability, target.upper()), place_)
        engine.write_bytes(bytes(builder.build_serialized_network(network, config)))
        check(engine)


def check(engine: Path) -> None:
    """A side that made no engine must not be timed."""
    if not engine.is_file() or not engine.stat().st_size:
        raise SystemExit("error: no engine was written")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _script.parser(__doc__)
    parser.add_argument("model", nargs="?", type=Path)
    parser.add_argument("--count", type=int, default=512, help="calibration faces; default 512")
    parser.add_argument("--rounds", type=int, default=5, help="default 5")
    parser.add_argument("--data", default="demo", help="faces to calibrate and check on; default demo")
    parser.add_argument("--targets", nargs="+", default=["sm80", "sm86", "sm89", "sm120"])
    options = parser.parse_args(arguments)
    run = _script.begin(__file__, options, arguments, __doc__)
    from edgefer.runtime.find import shipped_students

    model = (options.model or shipped_students()["fer2013-c-best"]).resolve()
    asked = (model, options.data, options.count)
    for method in METHODS:
        sides = {
            work.__name__: partial(_script.fresh, work, *asked, method, tuple(options.targets))
            for work in (edgefer, plain)
        }
        found = _script.in_turn(sides, options.rounds)
        name = f"INT8 build of {model.stem}, {method}"
        run.found(_script.ratio(name, found["edgefer"], found["plain"], "s", budget=BUDGET_SECONDS))
    _script.finish(run)


if __name__ == "__main__":
    main()
