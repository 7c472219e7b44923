"""PyTorch network -> one trimmed ONNX file that carries its card, checked on real faces."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from edgefer.card import KEY, ModelCard
from edgefer.errors import BackendError, CheckFailed
from edgefer.evaluate.agreement import Agreement, compare_logits
from edgefer.export.scales import put_scales
from edgefer.paths import atomic_file
from edgefer.runtime.session import Array
from edgefer.scales import LayerScales

if TYPE_CHECKING:
    from edgefer.models.network import Network

# The newest opset that ONNX Runtime's quantiser and every supported TensorRT parser take.
OPSET = 20
INPUT, OUTPUT, BATCH = "pixels", "logits", "batch"


def export_onnx(
    network: Network,
    card: ModelCard,
    out: Path,
    pixels: Array,
    scales: Mapping[str, LayerScales] | None = None,
) -> tuple[ModelCard, Agreement]:
    """Write `network` as ONNX: trimmed, opset 20, one file, dynamic `batch`, normalisation in the graph, card inside.

    pixels: float32 `[N, C, H, W]`, 0..255, real faces (at least one): the file is run on them in ONNX Runtime before it
    is kept. Input `pixels` is float32 0..255, output `logits` is `[batch, labels]`. scales: INT8 scales that the network
    learned, by module name, which the file then holds too. Returns the file's card and the parity. Raises
    CheckFailed when a label differs for more than one face in a hundred.
    """
    from edgefer.models.network import Network
    from edgefer.models.resemotenet import count_parameters
    from edgefer.models.trim import trim
    from edgefer.runtime.onnx import OnnxSession
    from edgefer.runtime.torch import TorchSession

    body = network.body if card.trimmed else trim(network.body, *card.input.shape)
    trimmed = Network(body, card.input).eval().cpu()
    card = card.but(trimmed=True, parameters=count_parameters(body), tools=tools_here())
    with atomic_file(out) as temporary:
        _write(trimmed, card, temporary, scales)
        with TorchSession(network, card, device="cpu") as before, OnnxSession(temporary) as after:
            parity = compare_logits(before.infer(pixels), after.infer(pixels))
        if parity.same_label < 0.99:
            raise CheckFailed(
                f"the exported file does not match its network: {describe(parity)}", "report this with the checkpoint"
            )
    return card, parity


def describe(parity: Agreement) -> str:
    """The agreement of an exported file with its network, for people."""
    return (
        f"{parity.same_label:.2%} of {parity.faces} labels as in torch, "
        f"largest logit difference {parity.max_difference:.2g}"
    )


def _write(network: Network, card: ModelCard, path: Path, scales: Mapping[str, LayerScales] | None) -> None:
    try:
        import onnx
        import onnxscript  # noqa: F401 - torch.onnx needs it and does not declare it
        import torch
    except ImportError as error:
        raise BackendError(
            f"export needs {error.name}, which is not installed", "pip install 'edgefer[train]'"
        ) from error
    # Two faces, because a batch of one would be frozen into the graph.
    example = torch.zeros(2, *card.input.shape)
    shapes = ({0: torch.export.Dim(BATCH, min=1, max=65536)},)
    with _quiet():
        program = torch.onnx.export(
            network,
            (example,),
            dynamo=True,
            opset_version=OPSET,
            input_names=[INPUT],
            output_names=[OUTPUT],
            dynamic_shapes=shapes,
            external_data=False,
            verbose=False,
        )
    assert program is not None
    model = program.model_proto
    del model.metadata_props[:]
    onnx.helper.set_model_props(model, {KEY: card.to_json()})
    _drop_source_paths(model)
    if scales:
        put_scales(model, scales)
    onnx.checker.check_model(model)
    onnx.save(model, str(path))


def _drop_source_paths(model: object) -> None:
    """The exporter writes Python stack traces with local paths into every node; a file to ship should not hold them."""
    graph = model.graph  # type: ignore[attr-defined]
    for part in (graph, *graph.node, *graph.value_info, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
    for node in graph.node:
        node.doc_string = ""


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """The exporter prints progress and deprecation notes that say nothing to a user."""
    root = logging.getLogger()
    level = root.level
    logging.disable(logging.WARNING)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
        root.setLevel(level)


def tools_here() -> dict[str, str]:
    """The versions of what exports, as they go into the card."""
    from importlib.metadata import version

    return {name: version(name) for name in ("edgefer", "torch", "onnx", "onnxruntime")}
