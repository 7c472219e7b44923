"""Run an ONNX file in ONNX Runtime."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgefer.card import KEY, ModelCard, Precision
from edgefer.errors import ArtifactError, BackendError
from edgefer.paths import require_file
from edgefer.runtime.external import refuse_outside
from edgefer.runtime.metadata import read_metadata
from edgefer.runtime.overflow import EXACT, products_overflow
from edgefer.runtime.rounded import in_float32
from edgefer.runtime.session import Array, Session
from edgefer.runtime.weights import initialiser_bytes

if TYPE_CHECKING:
    from onnx import ModelProto
    from onnxruntime import InferenceSession

_FIX = "write it with edgefer export"
CPU = "CPUExecutionProvider"


class OnnxSession(Session):
    """An ONNX file on the CPU, or on what `provider` computes with, by ONNX Runtime's own name.

    `optimise=False` turns off ONNX Runtime's graph optimisations. They are off for files that mix INT8 and half
    precision, and for FP8: with them on, ONNX Runtime's CPU provider fuses such graphs into one that differs by up to
    11 % (FP8: 90 %) of the largest logit, or into one that it refuses.
    BF16, which it does not compute in, is simulated: float32, rounded after every operation. `backend` says so.
    """

    def __init__(
        self, path: Path, threads: int | None = None, optimise: bool | None = None, provider: str = CPU
    ) -> None:
        card = read_card(path)
        fragile = card.tools.get("mixed") == "int8+fp16" or card.precision is Precision.FP8
        exact = card.precision is Precision.INT8 and products_overflow()
        simulated = in_float32(read_graph(path)) if card.precision is Precision.BF16 else None
        optimised = optimise if optimise is not None else not fragile
        self._session = open_graph(path, threads, optimised, simulated, exact, provider)
        super().__init__(card)
        self.place = "cpu" if provider == CPU else "cuda:0"
        device = provider.removesuffix("ExecutionProvider").lower()
        self.backend = f"onnxruntime {device}{', bf16 simulated' if simulated is not None else ''}"
        self._check(path)
        self._path = path
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name

    def _check(self, path: Path) -> None:
        """The graph must take and give what its card says."""
        inputs, outputs = self._session.get_inputs(), self._session.get_outputs()
        if len(inputs) != 1 or len(outputs) != 1:
            raise ArtifactError(f"{path} has {len(inputs)} inputs and {len(outputs)} outputs, not one of each", _FIX)
        shape, classes = list(inputs[0].shape), list(outputs[0].shape)[-1:]
        if inputs[0].type != "tensor(float)" or shape[1:] != list(self.card.input.shape):
            expected = f"float [batch, {', '.join(map(str, self.card.input.shape))}]"
            raise ArtifactError(f"{path} takes {inputs[0].type} {shape}, but its card says {expected}", _FIX)
        if classes != [len(self.card.labels)]:
            raise ArtifactError(f"{path} gives {classes} values, but its card has {len(self.card.labels)} labels", _FIX)

    @property
    def weights_bytes(self) -> int:
        """Bytes of the file's initialisers."""
        return initialiser_bytes(read_graph(self._path))

    def _infer(self, pixels: Array) -> Array:
        try:
            return np.asarray(self._session.run([self._output], {self._input: pixels})[0], np.float32)
        except Exception as error:
            raise ArtifactError(f"{self._path} cannot be run: {_first_line(error)}", _FIX) from error


def open_graph(
    path: Path,
    threads: int | None = None,
    optimise: bool = True,
    instead: ModelProto | None = None,
    exact: bool = False,
    provider: str = CPU,
) -> InferenceSession:
    """ONNX Runtime's own session for a file, silent; ArtifactError when it cannot be run.

    instead: the graph to run for the file, where it is not the file's own. exact: take the kernels for INT8 that compute
    rightly on every processor, slower ones on x86. provider: what computes; BackendError when ONNX Runtime would take the
    CPU for it, as it does without a word where a library is missing.
    """
    import onnxruntime as ort

    if provider not in ort.get_available_providers():
        raise BackendError(f"the installed ONNX Runtime has no {provider}", "pip install onnxruntime-gpu")
    if provider != CPU and hasattr(ort, "preload_dlls"):
        # CUDA and cuDNN that pip installed are not where the loader looks.
        ort.preload_dlls()
    require_file(path, "an ONNX file", _FIX)
    if instead is None:
        refuse_outside(path)
    options = ort.SessionOptions()
    options.log_severity_level = 4
    if exact:
        options.add_session_config_entry(EXACT, "1")
    if threads:
        options.intra_op_num_threads = threads
    if not optimise:
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_DISABLE_ALL
    try:
        source = instead.SerializeToString() if instead is not None else str(path)
        session = ort.InferenceSession(source, options, providers=[provider])
    except Exception as error:
        raise ArtifactError(f"{path} cannot be run: {_first_line(error)}", _FIX) from error
    if session.get_providers()[0] != provider:
        raise BackendError(
            f"ONNX Runtime took {session.get_providers()[0]} for {provider}, whose libraries it cannot load",
            "install the CUDA, cuDNN and TensorRT that its documentation names for this version",
        )
    return session


def read_graph(path: Path) -> ModelProto:
    """An ONNX file's graph without weights that stand in other files; ArtifactError when it is damaged."""
    import onnx
    from google.protobuf.message import DecodeError

    _metadata(path)  # what is no ONNX file is not loaded to find out
    try:
        return onnx.load(str(path), load_external_data=False)
    except (DecodeError, ValueError) as error:
        raise ArtifactError(f"{path} is not an ONNX file, or is damaged", _FIX) from error


def has_card(path: Path) -> bool:
    """Whether an ONNX file holds a model card."""
    return KEY in _metadata(path)


def read_card(path: Path) -> ModelCard:
    """The model card in an ONNX file's `metadata_props`."""
    metadata = _metadata(path)
    if KEY not in metadata:
        raise ArtifactError(f"{path} holds no edgefer model card, so its labels and preprocessing are unknown", _FIX)
    return ModelCard.from_json(metadata[KEY], str(path))


def _metadata(path: Path) -> dict[str, str]:
    require_file(path, "an ONNX file", _FIX)
    try:
        return read_metadata(path)
    except ValueError as error:
        raise ArtifactError(f"{path} is not an ONNX file, or is damaged", _FIX) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
