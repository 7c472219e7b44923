"""What a bundle can be for; imports nothing heavy."""

from __future__ import annotations

from enum import Enum


class Target(str, Enum):
    """Who runs a bundle: Triton, DeepStream's nvinfer, NVIDIA's trtexec, or edgefer itself on another machine."""

    TRITON = "triton"
    DEEPSTREAM = "deepstream"
    TRTEXEC = "trtexec"
    EDGE = "edge"
