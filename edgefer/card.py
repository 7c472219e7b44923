"""The model card: what travels with every checkpoint, ONNX file and engine.

One frozen JSON form. It sits in a checkpoint's safetensors metadata, in an ONNX file's `metadata_props` (both under
`KEY`), and beside an engine as `card.json`, so that nothing downstream asks again for a size, a mean or a label order.
"""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError, model_validator

from edgefer.errors import ArtifactError
from edgefer.paths import read_text_file

KEY = "edgefer.card"
FILE = "card.json"
UPDATE = "pip install --upgrade edgefer"


class Precision(str, Enum):
    """The arithmetic of the bulk of a network; it lives in the ONNX graph, engines are strongly typed."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    FP8 = "fp8"

    @property
    def calibrated(self) -> bool:
        """Whether it needs ranges that are measured over a calibration set."""
        return self in {Precision.INT8, Precision.FP8}


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class InputSpec(_Frozen):
    """What a network eats: float32 `[N, channels, height, width]`, pixels 0..255; mean and std are applied inside it.

    `colour` says what the channels hold: `gray` (one plane, or the same plane repeated) or `rgb`.
    `mean` and `std` are per channel and in units of pixel/255.
    `crop_margin` is the fraction of a detected face box added on each side before the crop is resized.
    """

    height: int = Field(ge=16, le=1024)
    width: int = Field(ge=16, le=1024)
    channels: Literal[1, 3] = 1
    colour: Literal["gray", "rgb"] = "gray"
    mean: tuple[FiniteFloat, ...] = (0.5077,)
    std: tuple[FiniteFloat, ...] = (0.2550,)
    crop_margin: float = Field(default=0.0, ge=0.0, le=1.0)
    dtype: Literal["float32"] = "float32"
    pixel_range: tuple[Literal[0], Literal[255]] = (0, 255)

    @model_validator(mode="after")
    def _consistent(self) -> InputSpec:
        if len(self.mean) != self.channels or len(self.std) != self.channels:
            raise ValueError(f"mean and std need {self.channels} value(s), one a channel")
        if min(self.std) <= 0:
            raise ValueError("std must be above 0")
        if self.colour == "rgb" and self.channels != 3:
            raise ValueError("rgb input needs 3 channels")
        return self

    @property
    def shape(self) -> tuple[int, int, int]:
        """(channels, height, width)."""
        return self.channels, self.height, self.width


class Measurement(_Frozen):
    """One accuracy, and exactly where it comes from. All figures are fractions 0..1; `recall` is by emotion name.

    protocol: which faces of the split: `official` for all, `leak-free` for those that do not stand in Training.
    tta: test-time augmentation, `none` for a single crop. data_sha256: of the faces with their labels, as a face set has
    it. Cards written before these were told have the defaults.
    """

    dataset: str
    split: str
    faces: int = Field(ge=1)
    backend: str
    accuracy: float
    balanced_accuracy: float
    macro_f1: float
    recall: dict[str, float]
    protocol: str = "official"
    tta: str = "none"
    data_sha256: str = ""

    @property
    def place(self) -> str:
        """Which faces, and how they were shown, such as `fer2013 PublicTest` or `fer2013 PublicTest, leak-free`."""
        protocol = f", {self.protocol}" if self.protocol != "official" else ""
        return f"{self.dataset} {self.split}{protocol}{f', {self.tta}' if self.tta != 'none' else ''}"


class Provenance(_Frozen):
    """What a network was trained on and from. `start` is the network whose weights it began with, if not random ones.

    qat: the precision that was simulated while it learned (`int8`), if any; its file then holds learned scales.
    """

    recipe: str = ""
    recipe_sha256: str = ""
    dataset: str = ""
    data_sha256: str = ""
    splits: tuple[str, ...] = ()
    teacher: str = ""
    start: str = ""
    qat: str = ""
    epochs: int = 0
    seed: int = 0


class Passport(_Frozen):
    """What an engine is bound to. Hashes are hex SHA-256 of whole files; `targets` are names such as `sm89`.

    source: the model that it was built from, relative to where the build ran or its name alone (older cards may have a
    whole path); its hash is in inputs. calibration: the file of its calibration faces, relative to where the build ran
    or with the name of its folder alone (older cards may have a whole path), where an engine is checked against it.
    version_compatible: the lean runtime of its version runs it.
    hardware_compatible: all GPUs from Ampere on run it. stripped: the plan has no weights; the ONNX file beside it has
    them. max_drop, max_class_drop: percentage points of accuracy and of
    any emotion's recall that INT8 was allowed to lose, None where nothing was limited. before, after: accuracy of the
    float32 file and of the file that was compiled, on the same faces; None where nothing was measured. inputs: every
    fact that made it, by name; a build from the same facts gives the same engine (`edgefer.engine.inputs`). Older cards
    have the defaults.
    """

    flavour: Literal["tensorrt", "tensorrt_rtx"]
    version: str
    targets: tuple[str, ...]
    batch: tuple[int, int, int]
    plan_sha256: str
    onnx_sha256: str
    calibration_sha256: str = ""
    calibration: str = ""
    source: str = ""
    version_compatible: bool = False
    hardware_compatible: bool = False
    stripped: bool = False
    max_drop: float | None = None
    max_class_drop: float | None = None
    before: Measurement | None = None
    after: Measurement | None = None
    gpu: str = ""
    driver: str = ""
    cuda: str = ""
    census: dict[str, int] = Field(default_factory=dict)
    inputs: dict[str, str] = Field(default_factory=dict)


class ModelCard(_Frozen):
    """Everything a program must know about a network to feed it and to read it.

    left_in_float: convolutions, by the names of their weights, that INT8 could quantise and did not, so that accuracy
    holds.
    """

    format: Literal[1] = 1
    name: str
    architecture: str
    parameters: int = Field(ge=1)
    trimmed: bool = False
    labels: tuple[str, ...] = Field(min_length=2)
    input: InputSpec
    precision: Precision = Precision.FP32
    provenance: Provenance = Provenance()
    measured: tuple[Measurement, ...] = ()
    tools: dict[str, str] = Field(default_factory=dict)
    engine: Passport | None = None
    left_in_float: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _distinct_labels(self) -> ModelCard:
        if len(set(self.labels)) != len(self.labels):
            raise ValueError("labels repeat")
        return self

    def but(self, **changes: Any) -> ModelCard:
        """A copy with some fields replaced."""
        return self.model_copy(update=changes)

    def to_json(self, indent: int | None = None) -> str:
        """The one JSON form."""
        return self.model_dump_json(indent=indent)

    @classmethod
    def from_json(cls, text: str | bytes, where: str) -> ModelCard:
        """Parse a card; `where` names its file in the ArtifactError raised when it is damaged or of a newer edgefer."""
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            if reason := _newer(error):
                raise ArtifactError(
                    f"the model card in {where} was made by a newer edgefer ({reason})", UPDATE
                ) from error
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "card"
            raise ArtifactError(
                f"the model card in {where} is damaged ({place}: {first['msg']})",
                "write the file again with edgefer export or edgefer build-engine",
            ) from error

    @classmethod
    def beside(cls, plan: Path) -> ModelCard:
        """Read `card.json` beside an engine."""
        path = plan.parent / FILE
        fix = "build it again with: edgefer build-engine"
        if not path.exists():
            raise ArtifactError(f"{plan} has no {FILE} beside it", fix)
        return cls.from_json(read_text_file(path, "the card of an engine", fix), str(path))


def _newer(error: ValidationError) -> str:
    """What tells that a card was made by a later edgefer; empty where it is just damaged.

    A later format, or fields that this edgefer does not know while all that it knows is right: a damaged card lacks
    fields, or has others in their place.
    """
    details = error.errors(include_url=False)
    form = next((detail["input"] for detail in details if detail["loc"] == ("format",)), None)
    known: int = ModelCard.model_fields["format"].default
    if type(form) is int and form > known:
        return f"its format is {form}, this one reads {known}"
    if all(detail["type"] == "extra_forbidden" for detail in details):
        return f"it has the field {'.'.join(map(str, details[0]['loc']))}, which this one does not know"
    return ""
