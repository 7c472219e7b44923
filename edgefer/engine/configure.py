"""What a build is told besides the network: batch range, targets, options."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgefer.engine.options import Batch
from edgefer.errors import BuildError
from edgefer.trt.flavour import Flavour


def configure(flavour: Flavour, builder: Any, network: Any, batch: Batch, targets: Sequence[str]) -> Any:
    """An IBuilderConfig; raises BuildError for a batch range or a target that this network or flavour does not take."""
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
    return config
