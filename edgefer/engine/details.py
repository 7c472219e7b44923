"""What only a build can tell of an engine: its fused layers and the memory it needs.

Kept in the engine's folder as `layers.json`, so that `inspect` tells it on any machine; the plan itself stays pure.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgefer.engine.layers import Layer, layers_from_inspector, layers_from_log
from edgefer.errors import ArtifactError, BuildError
from edgefer.json_text import read_json
from edgefer.trt.flavour import Flavour
from edgefer.trt.logger import Messages, logger_for
from edgefer.trt.refit import refit

DETAILS = "layers.json"
_FORMAT = 1


@dataclass(frozen=True)
class Details:
    """Fused layers in the order in which they run; empty when TensorRT did not tell them in a known form.

    activation_bytes: GPU memory of one execution context at the largest batch, besides weights, input and output.
    weights_bytes: GPU memory of the weights. None where TensorRT does not tell.
    """

    layers: tuple[Layer, ...] = ()
    activation_bytes: int | None = None
    weights_bytes: int | None = None

    def write(self, folder: Path, plan_sha256: str) -> None:
        """Put them beside an engine, bound to it by its hash."""
        values = {"format": _FORMAT, "plan_sha256": plan_sha256, **asdict(self)}
        (folder / DETAILS).write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")


def read_details(folder: Path, plan_sha256: str) -> Details | None:
    """What was kept of the engine with that hash in `folder`; None when nothing was.

    Raises ArtifactError when the file is damaged or tells of another engine.
    """
    path = folder / DETAILS
    if not path.is_file():
        return None
    fix = "build the engine again with: edgefer build-engine"
    try:
        values = read_json(path.read_bytes())
        layers = tuple(Layer(**{name: str(text) for name, text in layer.items()}) for layer in values["layers"])
        memory = {name: _size(values[name]) for name in ("activation_bytes", "weights_bytes")}
        owner = values["plan_sha256"]
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError) as error:
        raise ArtifactError(f"{path} is damaged", fix) from error
    if owner != plan_sha256:
        raise ArtifactError(f"{path} tells of another engine than the one beside it", fix)
    return Details(layers, **memory)


def from_log(messages: Messages) -> Details:
    """What a build log of TensorRT-RTX tells."""
    memory = messages.memory
    return Details(tuple(layers_from_log(messages.layers)), memory.get("activation"), memory.get("weights"))


def from_engine(flavour: Flavour, plan: bytes, batch: int, messages: Messages, onnx: bytes = b"") -> Details:
    """What the engine inspector tells of a plan that was just built on this GPU.

    onnx: the file that has the weights of a plan that was built without them; empty for any other. Raises BuildError if the plan cannot be loaded, or
    cannot be given its weights back.
    """
    trt = flavour.module
    engine = trt.Runtime(logger_for(flavour)).deserialize_cuda_engine(plan)
    if engine is None:
        raise BuildError(f"{flavour.title} cannot load the engine that it built: {messages.reason()}", "try again")
    if onnx and (problem := refit(flavour, engine, onnx, messages)):
        raise BuildError(
            f"{flavour.title} built the engine without weights, but cannot put them back: {problem}",
            "leave --strip out",
        )
    context = engine.create_execution_context()
    inspector = engine.create_engine_inspector()
    if context is not None:
        # Of dynamic shapes the inspector tells no types until a context fixes them.
        name = engine.get_tensor_name(0)
        context.set_input_shape(name, (batch, *tuple(engine.get_tensor_shape(name))[1:]))
        inspector.execution_context = context
    table = str(inspector.get_engine_information(trt.LayerInformationFormat.JSON))
    weights = int(engine.get_engine_stat(trt.EngineStat.TOTAL_WEIGHTS_SIZE)) if flavour.reports_weights else None
    return Details(tuple(layers_from_inspector(table)), int(engine.device_memory_size_v2), weights)


def _size(value: Any) -> int | None:
    return None if value is None else int(value)
