"""What `build-engine` and `build` ask about an engine, in the same words."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

import typer

from edgefer.quantize.method import Method


class PrecisionChoice(str, Enum):
    """`edgefer.card.Precision` without what importing it costs `--help`."""

    FP32 = "fp32"
    FP16 = "fp16"
    BF16 = "bf16"
    INT8 = "int8"
    FP8 = "fp8"


CalibrationMethod = Annotated[
    Method | None,
    typer.Option(help="How int8's ranges follow from the calibration faces; default entropy.", show_default=False),
]
MaxDrop = Annotated[
    float | None,
    typer.Option(metavar="POINTS", help="int8: leave the worst layers in float until accuracy loses no more."),
]
MaxClassDrop = Annotated[
    float | None, typer.Option(metavar="POINTS", help="int8: the same for the recall of any emotion.")
]
BatchSizes = Annotated[
    str, typer.Option(metavar="MIN:OPT:MAX", help="Faces at once: smallest, usual, largest; or one fixed number.")
]
BATCH = "1:8:32"
Flavour = Annotated[
    str | None,
    typer.Option(help="tensorrt or tensorrt_rtx; default tensorrt where there is a GPU, tensorrt_rtx where not."),
]
