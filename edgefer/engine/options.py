"""What a user may ask of a build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from edgefer.card import ModelCard, Precision
from edgefer.errors import UsageError
from edgefer.quantize.exclusion import Limits
from edgefer.quantize.method import DEFAULT, Method
from edgefer.quantize.sensitivity_text import limits_text
from edgefer.runtime.open import CHECKPOINTS
from edgefer.trt.flavour import Flavour

Batch = tuple[int, int, int]
BATCH: Batch = (1, 8, 32)


@dataclass(frozen=True)
class Options:
    """What a build may be asked for besides precision, targets and batch range.

    version_compatible: the plan is for the lean runtime. hardware_compatible: all GPUs from Ampere on run it.
    workspace: scratch memory that a layer may use, MiB; None for no limit of ours. method: how INT8's ranges are chosen;
    None for the default. limits: what INT8 may lose of accuracy; None for no limit.
    torch_tensorrt: compile the PyTorch network and not its ONNX file. strip: the plan has no weights; a session takes them
    from the ONNX file beside it.
    """

    version_compatible: bool = False
    hardware_compatible: bool = False
    workspace: int | None = None
    method: Method | None = None
    limits: Limits | None = None
    torch_tensorrt: bool = False
    strip: bool = False

    def __post_init__(self) -> None:
        if self.workspace is not None and self.workspace < 1:
            raise UsageError(f"a workspace of {self.workspace} MB is not possible", "use --workspace 1 or more")

    def words(self) -> tuple[str, ...]:
        """Those that were asked for."""
        flags = {
            "version-compatible": self.version_compatible,
            "hardware-compatible": self.hardware_compatible,
            "torch-tensorrt": self.torch_tensorrt,
            "strip": self.strip,
        }
        room = () if self.workspace is None else (f"workspace {self.workspace} MB",)
        ranges = () if self.method in {None, DEFAULT} else (f"{self.method.value} ranges",)
        held = () if self.limits is None else (limits_text(self.limits),)
        return (*(name for name, wanted in flags.items() if wanted), *room, *ranges, *held)


PLAIN = Options()


def check_options(options: Options, flavour: Flavour, targets: Sequence[str]) -> None:
    """Raise UsageError, with the reason, for what a flavour cannot do for these targets."""
    if options.version_compatible and not flavour.supports_version_compatible:
        raise UsageError(
            f"{flavour.title} builds no version-compatible engines: there is no lean runtime of it to run them",
            "leave --version-compatible out, or use --flavour tensorrt",
        )
    if options.hardware_compatible and not flavour.supports_hardware_compatible:
        raise UsageError(
            f"{flavour.title} builds no hardware-compatible engines, but for as many targets as are named",
            f"leave --hardware-compatible out and name the targets: {' '.join(f'--target {one}' for one in targets)}",
        )
    if options.hardware_compatible and (older := [one for one in targets if int(one[2:]) < 80]):
        raise UsageError(
            f"hardware-compatible engines run on GPUs from Ampere (sm80) on, and this one is {older[0]}",
            "leave --hardware-compatible out",
        )
    if options.torch_tensorrt and flavour.supports_targets:
        raise UsageError(
            f"torch-tensorrt compiles for standard TensorRT, not for {flavour.title}",
            "leave --torch-tensorrt out, or use --flavour tensorrt",
        )
    if options.workspace is not None and not flavour.supports_workspace:
        raise UsageError(f"{flavour.title} knows no limit of scratch memory", "leave --workspace out")
    if options.strip:
        _check_strip(options, flavour)


def check_network(options: Options, model: Path) -> None:
    """Raise UsageError when torch-tensorrt was asked for and the file of a model holds no PyTorch network."""
    if options.torch_tensorrt and model.suffix not in CHECKPOINTS:
        raise UsageError(
            f"{model} is no PyTorch network, which torch-tensorrt compiles", "name a checkpoint or a run's folder"
        )


def check_method(options: Options, precision: Precision, card: ModelCard) -> None:
    """Raise UsageError when a way to choose ranges was asked for and none are chosen; `card` is the model's."""
    if options.method is None:
        return
    if precision is not Precision.INT8:
        raise UsageError(
            f"--calibration-method is for INT8, not for {precision.value}", "leave it out, or use --precision int8"
        )
    if card.precision is Precision.INT8:
        chosen = card.tools.get("calibration", "some way")
        raise UsageError(
            f"{card.name} is INT8 already, with ranges by {chosen}",
            "leave --calibration-method out, or name the float32 file",
        )


def parse_batch(text: str) -> Batch:
    """`1:8:32` -> (1, 8, 32); `8` -> (8, 8, 8), an engine for eight faces exactly. Raises UsageError."""
    try:
        sizes = [int(part) for part in text.split(":")]
        smallest, usual, largest = sizes * 3 if len(sizes) == 1 else sizes
    except ValueError as error:
        raise UsageError(f"'{text}' is no batch range", "write SMALLEST:USUAL:LARGEST, such as 1:8:32") from error
    return checked_batch((smallest, usual, largest))


def checked_batch(batch: Batch) -> Batch:
    """The same range; raises UsageError unless it ascends from 1 or more."""
    if not 1 <= batch[0] <= batch[1] <= batch[2]:
        raise UsageError(f"a batch range of {':'.join(map(str, batch))} is not possible", "use SMALLEST:USUAL:LARGEST")
    return batch


def _check_strip(options: Options, flavour: Flavour) -> None:
    """Raise UsageError unless the plan can be built without weights, and what runs it can put them back."""
    if not flavour.supports_strip:
        raise UsageError(
            f"{flavour.title} builds no engine without weights on a machine without a GPU: its compiler fails",
            "leave --strip out, or use --flavour tensorrt",
        )
    if options.version_compatible:
        raise UsageError(
            "the lean runtime, which runs version-compatible engines, has no ONNX parser to take weights from",
            "leave --strip or --version-compatible out",
        )
    if options.torch_tensorrt:
        raise UsageError(
            "an engine of torch-tensorrt has other names for its weights than the ONNX file that would give them back",
            "leave --strip or --torch-tensorrt out",
        )
