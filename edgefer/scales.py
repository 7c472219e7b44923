"""INT8 scales that were learned together with weights: what travels beside the model card of such a network.

One frozen JSON form. It sits in a checkpoint's safetensors metadata and in an ONNX file's `metadata_props`, both under
`KEY`, and is bound to the weights of its file by their hash: learned scales are wrong for any others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edgefer.errors import ArtifactError

KEY = "edgefer.scales"

_FIX = "export the checkpoint again with edgefer export, or train it again with edgefer distill --qat int8"

Scale = Annotated[float, Field(gt=0, allow_inf_nan=False)]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LayerScales(_Frozen):
    """One INT8 step of what a convolution takes in, and one of the weights of each of its output channels."""

    input: Scale
    weights: tuple[Scale, ...] = Field(min_length=1)


class ScaleTable(_Frozen):
    """Scales of every convolution that was trained as INT8, by the name of its module, such as `stages.1.conv2`.

    weights_sha256: of the weights that they were learned with, as the file holds them (`weights_sha256`).
    """

    format: Literal[1] = 1
    precision: Literal["int8"] = "int8"
    weights_sha256: str
    layers: dict[str, LayerScales]

    def to_json(self) -> str:
        """The one JSON form; float32 scales come back to the bit."""
        return self.model_dump_json()

    @classmethod
    def from_json(cls, text: str, where: str, weights: Mapping[str, bytes]) -> ScaleTable:
        """Parse the table in the file `where`; ArtifactError when it is damaged or does not belong to `weights`."""
        try:
            table = cls.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"]) or "table"
            raise ArtifactError(f"the scale table in {where} is damaged ({place}: {first['msg']})", _FIX) from error
        if table.weights_sha256 != weights_sha256(weights):
            raise ArtifactError(f"the scale table in {where} was learned with other weights", _FIX)
        return table


def weights_sha256(weights: Mapping[str, bytes]) -> str:
    """Hash of tensors, their bytes by name, in any order."""
    digest = hashlib.sha256()
    for name, values in sorted(weights.items()):
        digest.update(f"{name}\0{len(values)}\0".encode())
        digest.update(values)
    return digest.hexdigest()
