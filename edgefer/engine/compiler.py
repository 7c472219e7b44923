"""ONNX bytes to plan bytes: the one sequence of TensorRT calls, the same for every version and flavour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgefer.engine.clock import Clock
from edgefer.engine.configure import configure
from edgefer.engine.details import Details, from_engine, from_log
from edgefer.engine.options import PLAIN, Batch, Options
from edgefer.engine.past import Compiled
from edgefer.engine.progress import watching
from edgefer.errors import BuildError
from edgefer.trt import driver
from edgefer.trt.caches import timed_before
from edgefer.trt.flavour import Flavour
from edgefer.trt.logger import Messages, listening, logger_for


@dataclass(frozen=True)
class Plan:
    """A serialised engine. details: what its build told of it. compiled: how long it took."""

    data: bytes
    details: Details
    compiled: Compiled

    @property
    def seconds(self) -> float:
        """The same in one number."""
        return self.compiled.seconds


def compile_plan(
    flavour: Flavour,
    onnx: bytes,
    batch: Batch,
    targets: Sequence[str],
    title: str,
    options: Options = PLAIN,
    last: Compiled | None = None,
) -> Plan:
    """Compile a network for batches `(smallest, usual, largest)`; `targets` only where the flavour takes targets.

    options: as `check_options` lets them pass. last: how the last one of its kind went, to foretell this one. Shows
    progress under `title`. Raises BuildError with TensorRT's own reason, Interrupted on Ctrl-C.
    """
    clock = Clock(last)
    with listening(flavour) as messages:
        builder, network = _parse(flavour, onnx, messages)
        config = configure(flavour, builder, network, batch, targets, options)
        with timed_before(flavour, driver.probe(), config), watching(flavour, title, clock) as monitor:
            config.progress_monitor = monitor
            data = builder.build_serialized_network(network, config)
            if data is not None:
                clock.succeed()
        if data is None:
            raise BuildError(f"{flavour.title} cannot build it: {messages.reason()}", _advice(messages, options))
        compiled = clock.result()
        plan = bytes(data)
        # TensorRT-RTX prints the table as it builds; standard TensorRT tells it of an engine that a GPU has loaded. It
        # loads a version-compatible plan, which has no runtime inside, through the lean library alone. One without
        # weights gets them back there, as a session gives them, or the build fails.
        details = from_log(messages)
        if not details.layers and not flavour.can_build_without_gpu and not options.version_compatible:
            details = from_engine(flavour, plan, batch[1], messages, onnx if options.strip else b"")
        return Plan(plan, details, compiled)


def _parse(flavour: Flavour, onnx: bytes, messages: Messages) -> tuple[Any, Any]:
    trt, logger = flavour.module, logger_for(flavour)
    builder = trt.Builder(logger)
    # Precision lives in the graph. TensorRT 11 knows no other way and ignores the flag, TensorRT 10 needs it.
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(onnx):
        errors = [parser.get_error(index) for index in range(parser.num_errors)]
        reason = messages.reason()
        if errors:
            node = errors[0].node_name()
            reason = " ".join(errors[0].desc().split())[:400] + (f" (node {node})" if node else "")
        raise BuildError(f"{flavour.title} cannot read the network: {reason}", "export it again with edgefer export")
    return builder, network


def _advice(messages: Messages, options: Options) -> str:
    text = " ".join(messages.errors).lower()
    if "outofmemory" in text or "out of memory" in text or "workspace limit" in text:
        room = "raise --workspace" if options.workspace is not None else "free memory"
        return f"{room}, or use a smaller --batch"
    if "hw-specific" in text or "is not supported" in text:
        return "leave that target out, or choose another --precision"
    return "try --precision fp32 to see whether the precision is the cause"
