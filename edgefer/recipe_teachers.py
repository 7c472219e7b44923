"""What a recipe says of each teacher in `[[teacher.models]]`: one class a kind, so that each has only keys it needs.

Nothing here is opened or imported; `docs/teachers.md` has a snippet for each kind.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag, ValidationInfo, field_validator

from edgefer.recipe_section import Section

TIMM = "timm:"
CHECKPOINTS = (".safetensors", ".pth")
SCRIPTS = (".pt", ".ts", ".torchscript")
_FACTORY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")
# timm would fetch weights for these.
_DOWNLOADS = ("pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "checkpoint_path")


class _Teacher(Section):
    """`source` is what teaches, `weight` its share in the ensemble, relative to the others'."""

    source: str
    weight: float = Field(default=1.0, gt=0)


class CardTeacher(_Teacher):
    """A checkpoint of edgefer's or of ResEmoteNet's authors, or an ONNX file with a card: the card says the rest."""


class ForeignTeacher(_Teacher):
    """A network without a card: what it eats and what it answers.

    labels: the names of its classes in its own order; emotions that the student lacks are dropped.
    size: its input, square; a face is resized to `resize` (default `size`) and cut to its middle.
    colour, channels: `gray` fills 1 channel (or 3 alike), `rgb` and `bgr` fill 3; `layout` is where they stand.
    range: what pixel values 0 and 255 become; then comes (value - mean) / std, one number for all channels or one each.
    output, select: which of several answers, by name or by place; columns: which of its columns, `[first, after last]`.
    gives: logits, or probabilities, whose logarithm is taken.
    """

    labels: tuple[str, ...] = Field(min_length=2)
    size: int = Field(ge=16, le=1024)
    resize: int | None = Field(default=None, ge=16, le=1024)
    colour: Literal["gray", "rgb", "bgr"]
    channels: Literal[1, 3] | None = None
    mean: tuple[float, ...] = Field(min_length=1)
    std: tuple[float, ...] = Field(min_length=1)
    range: tuple[float, float] = (0.0, 1.0)
    layout: Literal["nchw", "nhwc"] = "nchw"
    output: str | None = None
    select: int | None = Field(default=None, ge=0)
    columns: tuple[int, int] | None = None
    gives: Literal["logits", "probabilities"] = "logits"

    @property
    def depth(self) -> int:
        """Channels of its input."""
        return self.channels or _depth(self.colour)

    # Validators of fields, not of the whole: so all faults of a teacher are found in one pass.
    @field_validator("labels")
    @classmethod
    def _distinct(cls, labels: tuple[str, ...]) -> tuple[str, ...]:
        if len(set(labels)) < len(labels):
            raise ValueError("labels repeat")
        return labels

    @field_validator("resize")
    @classmethod
    def _covers(cls, resize: int | None, info: ValidationInfo) -> int | None:
        if resize is not None and resize < info.data.get("size", 0):
            raise ValueError("resize is at least size")
        return resize

    @field_validator("channels")
    @classmethod
    def _holds_colour(cls, channels: int | None, info: ValidationInfo) -> int | None:
        if channels == 1 and info.data.get("colour", "gray") != "gray":
            raise ValueError(f"{info.data['colour']} has 3 channels")
        return channels

    @field_validator("mean", "std")
    @classmethod
    def _one_a_channel(cls, values: tuple[float, ...], info: ValidationInfo) -> tuple[float, ...]:
        depth = info.data.get("channels") or _depth(info.data.get("colour", "rgb"))
        if len(values) not in {1, depth}:
            raise ValueError(f"takes one number for all channels, or one for each ({depth})")
        if info.field_name == "std" and min(values) <= 0:
            raise ValueError("std must be above 0")
        return values

    @field_validator("range")
    @classmethod
    def _rises(cls, values: tuple[float, float]) -> tuple[float, float]:
        if values[0] >= values[1]:
            raise ValueError("goes from the lower value to the higher")
        return values

    @field_validator("select")
    @classmethod
    def _one_way(cls, select: int | None, info: ValidationInfo) -> int | None:
        if select is not None and info.data.get("output") is not None:
            raise ValueError("output names an answer and select counts to it: give one of them")
        return select

    @field_validator("columns")
    @classmethod
    def _one_a_label(cls, columns: tuple[int, int] | None, info: ValidationInfo) -> tuple[int, int] | None:
        labels = len(info.data.get("labels", ()))
        if columns and labels and (columns[0] < 0 or columns[1] - columns[0] != labels):
            raise ValueError(f"is [first, after last] of as many columns as there are labels ({labels})")
        return columns


def _depth(colour: str) -> int:
    return 1 if colour == "gray" else 3


class OnnxTeacher(ForeignTeacher):
    """An ONNX file without a card."""


class ScriptTeacher(ForeignTeacher):
    """A TorchScript file, which can execute code when it is loaded: `sha256` says that this very file is trusted."""

    sha256: str = Field(default="", pattern="^([0-9a-f]{64})?$")


class _BuiltTeacher(ForeignTeacher):
    """A network that is built by name and filled from a file.

    options: keyword arguments for what builds it. rename: how the names in the file begin, and how the network's do.
    """

    options: dict[str, Any] = Field(default_factory=dict)
    rename: dict[str, str] = Field(default_factory=dict)


class TimmTeacher(_BuiltTeacher):
    """An architecture of timm, `timm:NAME`; nothing is downloaded."""

    weights: Path

    @field_validator("options")
    @classmethod
    def _local(cls, options: dict[str, Any]) -> dict[str, Any]:
        if asked := [key for key in _DOWNLOADS if key in options]:
            raise ValueError(f"{asked[0]} is not passed on, edgefer downloads nothing: weights names a file")
        return options


class FactoryTeacher(_BuiltTeacher):
    """What a function of a Python module returns, `package.module:function`; the module is imported, so it is executed.

    Without `weights` the function must return it trained.
    """

    weights: Path | None = None


def _kind(values: Any) -> str | None:
    """Which class a table is, by its source; None for a source that is of no kind."""
    if isinstance(values, _Teacher):
        return next(name for name, kind in TEACHERS.items() if type(values) is kind)
    source = str(values.get("source", "")) if isinstance(values, dict) else ""
    suffix = Path(source).suffix
    if source.startswith(TIMM):
        return "timm"
    if suffix == ".onnx":
        return "card" if set(values) <= {"source", "weight"} else "onnx"
    if suffix in SCRIPTS:
        return "script"
    if suffix in CHECKPOINTS:
        return "card"
    return "factory" if _FACTORY.fullmatch(source) else None


TEACHERS: dict[str, type[_Teacher]] = {
    "card": CardTeacher,
    "onnx": OnnxTeacher,
    "script": ScriptTeacher,
    "timm": TimmTeacher,
    "factory": FactoryTeacher,
}


def misplaced(kind: str, key: str) -> str | None:
    """Why a key that other kinds of teachers have does not belong to this one; None when no kind has it."""
    if not any(key in teacher.model_fields for teacher in TEACHERS.values()):
        return None
    if kind == "card":
        return 'stands in the card; weights of another network go with source = "timm:NAME" or "module:function"'
    if key == "sha256":
        return "is for TorchScript alone"
    return "is for timm:NAME and module:function alone"


TeacherModel = Annotated[
    Annotated[CardTeacher, Tag("card")]
    | Annotated[OnnxTeacher, Tag("onnx")]
    | Annotated[ScriptTeacher, Tag("script")]
    | Annotated[TimmTeacher, Tag("timm")]
    | Annotated[FactoryTeacher, Tag("factory")],
    Discriminator(
        _kind,
        custom_error_type="teacher_source",
        custom_error_message=(
            "source must be timm:NAME, module:function, or a file that ends in "
            + ", ".join((*CHECKPOINTS, ".onnx", *SCRIPTS))
        ),
    ),
]
