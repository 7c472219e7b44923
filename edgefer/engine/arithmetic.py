"""Which GPU generations compute in which precision, by what TensorRT compiles for them.

TensorRT-RTX 1.7, by experiment: for Turing (sm75) it refuses FP32 matrix products and BF16, and compiles INT8
convolutions in half precision; FP8 it refuses before Ada (sm89). All targets of one engine share one set of layers, so
one that lacks a precision takes it from all.
"""

from __future__ import annotations

from collections.abc import Sequence

from edgefer.card import Precision
from edgefer.errors import BuildError
from edgefer.trt.flavour import Flavour, PlanName

# The first compute capability that has it, as the number in `sm89`; what is not here is everywhere.
_SINCE: dict[PlanName, dict[Precision, int]] = {
    "tensorrt": {Precision.BF16: 80, Precision.FP8: 89},
    "tensorrt_rtx": {Precision.FP32: 80, Precision.BF16: 80, Precision.INT8: 80, Precision.FP8: 89},
}
_WHAT = {
    Precision.FP32: "FP32 matrix products",
    Precision.BF16: "BF16",
    Precision.INT8: "INT8 convolutions",
    Precision.FP8: "FP8",
}


def having(precision: Precision, flavour: Flavour, targets: Sequence[str]) -> tuple[str, ...]:
    """Those of `targets` (such as `sm89`) that have a precision."""
    since = _SINCE[flavour.plans].get(precision, 0)
    return tuple(target for target in targets if int(target[2:]) >= since)


def check_targets(precision: Precision, flavour: Flavour, targets: Sequence[str]) -> None:
    """Raise BuildError, with the reason, when a target lacks a precision."""
    able = having(precision, flavour, targets)
    if lacking := [target for target in targets if target not in able]:
        names = ", ".join(lacking)
        since = _SINCE[flavour.plans][precision]
        others = f"leave {names} out, or " if able else ""
        raise BuildError(
            f"{flavour.title} has no {_WHAT[precision]} for {names}, but from sm{since} on",
            f"{others}use --precision fp16",
        )


def left_out(precision: Precision, flavour: Flavour) -> str:
    """Which default targets a precision leaves out and why, for people; empty when it leaves out none."""
    able = having(precision, flavour, flavour.default_targets)
    if lacking := [target for target in flavour.default_targets if target not in able]:
        since = _SINCE[flavour.plans][precision]
        return f"{_WHAT[precision]} needs sm{since} or later: for {'+'.join(able)}, not for {', '.join(lacking)}"
    return ""
