"""Weights back into an engine that was built without them, from the ONNX file that it was built from.

The calls are those of NVIDIA's sample_weight_stripping. TensorRT counts the weights that it finds: an ONNX file that
lacks one is refused. That they are the same ones, which a plan built with REFIT_IDENTICAL relies on, is the caller's to
know, by the file's hash.
"""

from __future__ import annotations

from typing import Any

from edgefer.trt.flavour import Flavour
from edgefer.trt.logger import Messages, logger_for


def refit(flavour: Flavour, engine: Any, onnx: bytes, messages: Messages) -> str:
    """Fill `engine` (ICudaEngine), of which no context has been made yet; returns why it cannot be, empty when it was."""
    if not flavour.refits_from_onnx:
        return f"{flavour.title} has no ONNX parser to take them from"
    if not engine.refittable:
        return "the plan takes none"
    trt, logger = flavour.module, logger_for(flavour)
    refitter = trt.Refitter(engine, logger)
    # The weights that the refitter is given are the parser's, which must live until they are in the engine.
    parser = trt.OnnxParserRefitter(refitter, logger)
    if not parser.refit_from_bytes(onnx):
        told = [" ".join(parser.get_error(index).desc().split()) for index in range(parser.num_errors)]
        return told[0][:400] if told else messages.reason()
    if missing := refitter.get_missing_weights():
        return f"the ONNX file lacks {len(missing)} of them, such as {missing[0]}"
    return "" if refitter.refit_cuda_engine() else messages.reason()
