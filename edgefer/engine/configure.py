"""What a build is told besides the network: batch range, targets, options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgefer.engine.options import PLAIN, Batch, Options
from edgefer.errors import BuildError
from edgefer.trt.flavour import Flavour


def configure(
    flavour: Flavour, builder: Any, network: Any, batch: Batch, targets: Sequence[str], options: Options = PLAIN
) -> Any:
    """An IBuilderConfig; raises BuildError for a batch range or a target that this network or flavour does not take.

    options: as `check_options` lets them pass.
    """
    trt = flavour.module
    config = builder.create_builder_config()
    config.profiling_verbosity = trt.ProfilingVerbosity.DETAILED
    pixels = network.get_input(0)
    rest = tuple(pixels.shape)[1:]
    if pixels.shape[0] == -1:
        profile = builder.create_optimization_profile()
        profile.set_shape(pixels.name, *((size, *rest) for size in batch))
        config.add_optimization_profile(profile)
    elif set(batch) != {pixels.shape[0]}:
        fixed = pixels.shape[0]
        raise BuildError(f"the network has a fixed batch of {fixed}", f"use --batch {fixed}")
    if flavour.supports_targets:
        config.num_compute_capabilities = len(targets)
        for index, target in enumerate(targets):
            if not config.set_compute_capability(getattr(trt.ComputeCapability, target.upper()), index):
                raise BuildError(f"{flavour.title} refuses the target {target}", "leave it out")
    _ask(trt, config, options)
    return config


def _ask(trt: Any, config: Any, options: Options) -> None:
    if options.version_compatible:
        config.set_flag(trt.BuilderFlag.VERSION_COMPATIBLE)
        # Or each plan would hold a copy of the lean runtime, 100 MB of code that whoever loads it would have to trust.
        config.set_flag(trt.BuilderFlag.EXCLUDE_LEAN_RUNTIME)
    if options.hardware_compatible:
        config.hardware_compatibility_level = trt.HardwareCompatibilityLevel.AMPERE_PLUS
    if options.strip:
        # REFIT_IDENTICAL is what STRIP_PLAN implies: the same weights come back, so that nothing else need be kept open.
        config.set_flag(trt.BuilderFlag.REFIT_IDENTICAL)
        config.set_flag(trt.BuilderFlag.STRIP_PLAN)
    if options.workspace is not None:
        config.set_memory_pool_limit(trt.MemoryPoolType.WORKSPACE, options.workspace << 20)
