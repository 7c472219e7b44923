"""torch_tensorrt without a GPU: the one function that makes a plan, with the parameters of two releases, and its Input.

The real function swallows keywords that it does not know; here they raise, so that none is passed in vain.
"""

from __future__ import annotations

import inspect
from types import ModuleType, SimpleNamespace

from tests.fake_tensorrt import plan_bytes

_BOTH = """
    arg_inputs kwarg_inputs device disable_tf32 assume_dynamic_shape_support sparse_weights engine_capability
    num_avg_timing_iters workspace_size dla_sram_size dla_local_dram_size dla_global_dram_size truncate_double
    require_full_compilation min_block_size torch_executed_ops pass_through_build_failures max_aux_streams
    version_compatible optimization_level use_python_runtime use_fast_partitioner enable_experimental_decompositions
    timing_cache_path use_fp32_acc refit_identical_engine_weights strip_engine_weights immutable_weights
    enable_weight_streaming tiling_optimization_level l2_limit_for_tiling offload_module_to_cpu
"""
PARAMETERS = {
    "2.8.0": _BOTH + "enabled_precisions calibrator allow_shape_tensors use_explicit_typing",
    "2.13.0": _BOTH
    + """torch_executed_modules dryrun hardware_compatible lazy_engine_init cache_built_engines reuse_cached_engines
    engine_cache_dir engine_cache_size custom_engine_cache use_distributed_mode_trace decompose_attention
    attn_bias_is_causal""",
}


class Input:
    def __init__(self, *, min_shape, opt_shape, max_shape, dtype) -> None:
        self.shapes, self.dtype = (min_shape, opt_shape, max_shape), dtype


def module(release: str, tensorrt: str) -> ModuleType:
    """A release that is built on a version of TensorRT; `calls` are its conversions, `broken` raises in the next."""
    fake = ModuleType("torch_tensorrt")
    fake.__version__, fake.Input = release, Input
    fake.calls, fake.broken = [], None
    keyword, either = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
    parameters = [inspect.Parameter("exported_program", either), inspect.Parameter("inputs", either, default=None)]
    parameters += [inspect.Parameter(name, keyword, default=None) for name in PARAMETERS[release].split()]
    signature = inspect.Signature(parameters)

    def convert(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        fake.calls.append(SimpleNamespace(program=bound.arguments["exported_program"], words=kwargs))
        if fake.broken:
            raise fake.broken
        (pixels,) = kwargs["arg_inputs"]
        sizes = [shape[0] for shape in pixels.shapes]
        return plan_bytes("tensorrt", tensorrt, shape=pixels.shapes[0][1:], profile=sizes)

    convert.__signature__ = signature
    fake.dynamo = SimpleNamespace(convert_exported_program_to_serialized_trt_engine=convert)
    return fake
