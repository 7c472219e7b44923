"""What compiles here, and for which GPUs."""

from __future__ import annotations

from collections.abc import Sequence

from edgefer.card import Precision
from edgefer.console import say
from edgefer.engine.arithmetic import check_targets, having, left_out
from edgefer.errors import BackendError, UsageError
from edgefer.trt import driver
from edgefer.trt.driver import Driver
from edgefer.trt.flavour import Flavour, choose, parse_targets


def toolchain(
    flavour: str | None, targets: Sequence[str], precision: Precision = Precision.FP16
) -> tuple[Flavour, Driver, tuple[str, ...]]:
    """What compiles here, this machine's driver, and the targets to compile for; raises when they cannot go together.

    Without named targets they are the flavour's default ones that have the precision; one that lacks it is refused.
    Cheap, so a command can ask before it exports and calibrates. Standard TensorRT times kernels on the GPU: it needs one
    and builds for that one alone.
    """
    machine = driver.probe()
    chosen = choose(flavour, machine)
    if chosen.supports_targets:
        parsed = parse_targets(targets, chosen)
        names = parsed if targets else having(precision, chosen, parsed)
        check_targets(precision, chosen, names)
        return chosen, machine, names
    if not machine.present:
        raise BackendError(
            f"{chosen.title} builds on the GPU that it builds for, and {machine.problem}",
            "use --flavour tensorrt_rtx, which builds without a GPU (pip install 'edgefer[rtx]')",
        )
    here = machine.gpus[0].target
    if targets and set(targets) != {here}:
        raise UsageError(
            f"{chosen.title} builds for this machine's GPU alone, {here}, not for {', '.join(targets)}",
            "leave --target out, or use --flavour tensorrt_rtx",
        )
    check_targets(precision, chosen, (here,))
    return chosen, machine, (here,)


def say_left_out(flavour: str | None, targets: Sequence[str], precision: Precision) -> None:
    """Say which default targets the precision leaves out, where none is named. Raises as `toolchain`."""
    chosen, _, _ = toolchain(flavour, targets, precision)
    if not targets and (note := left_out(precision, chosen)):
        say(note)
