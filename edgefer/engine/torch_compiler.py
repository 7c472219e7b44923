"""A PyTorch network to plan bytes through torch-tensorrt: another way into the same TensorRT, without ONNX.

Its plan gets the same passport, census and checks as one from the ONNX file. Networks are strongly typed here too: they
are cast in PyTorch, the cast program is counted before it is compiled, and TensorRT is told to keep its types.

torch-tensorrt cannot be imported without a GPU. This is tested against the signatures of its releases 2.8 and 2.13 and
has never run on hardware.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edgefer.card import InputSpec, Precision
from edgefer.console import say
from edgefer.engine.census import ARITHMETIC
from edgefer.engine.clock import Clock
from edgefer.engine.compiler import Plan
from edgefer.engine.details import from_engine
from edgefer.engine.options import Batch, Options, check_network
from edgefer.engine.past import Compiled
from edgefer.errors import BackendError, BuildError, Interrupted, UsageError
from edgefer.paths import cache_dir
from edgefer.runtime.open import artifact
from edgefer.trt import driver
from edgefer.trt.flavour import Flavour, version_parts
from edgefer.trt.logger import listening
from edgefer.trt.plan import parse_header, same_version
from edgefer.trt.rebuild import TORCH_TENSORRT

if TYPE_CHECKING:
    from edgefer.models.network import Network

Compiler = Callable[[Flavour, bytes, Batch, Sequence[str], str, Options, "Compiled | None"], Plan]

_COMPUTES_IN = (Precision.FP32, Precision.FP16, Precision.BF16)
_CONVERT = "convert_exported_program_to_serialized_trt_engine"
_DEVICE = "cuda"
_WITHOUT = "leave --torch-tensorrt out"


def compiler_of(model: Path, precision: Precision) -> Compiler:
    """`torch_compiler` for a checkpoint or a run's folder, trimmed as an exported file is.

    Raises UsageError for a model that is no PyTorch network, and as `torch_compiler`.
    """
    path = artifact(model)
    check_network(Options(torch_tensorrt=True), path)
    load_torch_tensorrt()
    from edgefer.models.checkpoint import load
    from edgefer.models.network import Network
    from edgefer.models.trim import trim

    network, card = load(path)
    body = network.body if card.trimmed else trim(network.body, *card.input.shape)
    return torch_compiler(Network(body, card.input).eval(), card.input, precision)


def compiler_tools(options: Options) -> dict[str, str]:
    """What a card says of it: its version, where it was asked for."""
    return {TORCH_TENSORRT: _installed("torch-tensorrt")} if options.torch_tensorrt else {}


def torch_compiler(network: Network, spec: InputSpec, precision: Precision) -> Compiler:
    """What compiles `network` (pixels 0..255 to logits) in place of `edgefer.engine.compiler.compile_plan`.

    It does not read the ONNX bytes that it is given, and builds for this machine's GPU. Raises UsageError for a
    precision that PyTorch does not compute in, BackendError where torch-tensorrt cannot be used; what it returns raises
    UsageError for options that torch-tensorrt lacks, BuildError with its reason, and Interrupted.
    """
    if precision not in _COMPUTES_IN:
        names = ", ".join(one.value for one in _COMPUTES_IN)
        raise UsageError(f"torch-tensorrt compiles what PyTorch computes in ({names}), not {precision.value}", _WITHOUT)
    module = load_torch_tensorrt()
    convert = getattr(module.dynamo, _CONVERT)

    def compile_network(
        flavour: Flavour,
        _onnx: bytes,
        batch: Batch,
        _targets: Sequence[str],
        title: str,
        options: Options,
        last: Compiled | None,
    ) -> Plan:
        import torch

        from edgefer.export import program as programs

        clock = Clock(last)
        words = _words(convert, options)
        program = programs.typed_program(network, spec.shape, precision, batch, _DEVICE)
        strays = [
            f"{number} {key}"
            for key, number in programs.census(program).items()
            if not key.endswith(f" {ARITHMETIC[precision]}")
        ]
        if strays:
            raise BuildError(f"{precision.value} was asked for, but PyTorch computes {', '.join(strays)}", _WITHOUT)
        smallest, usual, largest = ((size, *spec.shape) for size in batch)
        pixels = module.Input(min_shape=smallest, opt_shape=usual, max_shape=largest, dtype=torch.float32)
        say(f"{title}: torch-tensorrt tells no progress")
        try:
            data = bytes(convert(program, arg_inputs=[pixels], **words))
        except KeyboardInterrupt as error:
            raise Interrupted(f"stopped: {title}", "nothing was written; the same command starts it again") from error
        except Exception as error:
            raise BuildError(f"torch-tensorrt cannot build it: {_first_line(error)}", _WITHOUT) from error
        compiled = clock.result()
        _check(data, flavour)
        with listening(flavour) as messages:
            return Plan(data, from_engine(flavour, data, usual[0], messages), compiled)

    return compile_network


def load_torch_tensorrt() -> Any:
    """The torch_tensorrt module; raises BackendError when it is missing, made for another PyTorch, or has no GPU."""
    machine = driver.probe()
    if not machine.present:
        raise BackendError(
            f"torch-tensorrt compiles on the GPU that it compiles for, and {machine.problem}",
            f"{_WITHOUT}: TensorRT-RTX builds from ONNX without a GPU",
        )
    torch = _installed("torch")
    if not torch:
        raise BackendError("torch-tensorrt needs PyTorch, which is not installed", "pip install 'edgefer[train]'")
    wanted = ".".join(torch.split(".")[:2])
    line = f"pip install 'torch-tensorrt=={wanted}.*'"
    own = _installed("torch-tensorrt")
    if not own and _installed("torch-tensorrt-rtx"):
        raise BackendError(
            "torch-tensorrt-rtx is installed, which is another product under the same name",
            f"pip uninstall torch-tensorrt-rtx, then {line}",
        )
    if not own:
        raise BackendError("torch-tensorrt is not installed", line)
    if version_parts(own)[:2] != version_parts(wanted):
        raise BackendError(f"torch-tensorrt {own} is not made for the PyTorch {torch} that is installed", line)
    try:
        module = importlib.import_module("torch_tensorrt")
    except Exception as error:
        # It loads CUDA's libraries and asks the GPU for its kind, so this may be any error.
        raise BackendError(f"torch-tensorrt {own} cannot be loaded: {_first_line(error)}", line) from error
    if not hasattr(module.dynamo, _CONVERT):
        raise BackendError(f"torch-tensorrt {own} gives no plan of a whole network", line)
    return module


def _words(convert: Callable[..., bytes], options: Options) -> dict[str, Any]:
    """What this version is told. It swallows words that it does not know, so they are looked up first."""
    known = inspect.signature(convert).parameters
    if options.version_compatible:
        raise UsageError(
            "torch-tensorrt puts a lean runtime, which is code, into each version-compatible engine",
            "leave --torch-tensorrt or --version-compatible out",
        )
    if options.hardware_compatible and "hardware_compatible" not in known:
        raise UsageError(
            "this torch-tensorrt builds no hardware-compatible engines",
            "leave --torch-tensorrt or --hardware-compatible out",
        )
    words: dict[str, Any] = {"timing_cache_path": str(cache_dir() / "tensorrt" / "torch-tensorrt.cache")}
    # From 2.13 at the latest it knows strong typing alone and has no word for it.
    words |= {"use_explicit_typing": True} if "use_explicit_typing" in known else {}
    words |= {"hardware_compatible": True} if options.hardware_compatible else {}
    words |= {"workspace_size": options.workspace << 20} if options.workspace is not None else {}
    return words


def _check(plan: bytes, flavour: Flavour) -> None:
    header = parse_header(plan)
    if header is None or header.flavour != flavour.plans or not same_version(header.version, flavour.version):
        found = f"a plan of {header.flavour} {header.version}" if header else "something else"
        raise BuildError(f"torch-tensorrt made {found} where {flavour.title} is installed", _WITHOUT)


def _installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return ""


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:400]
