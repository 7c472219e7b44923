"""TensorRT's Python module for a machine without it, made from tests/tensorrt_api.tsv for one flavour and version.

The table says which names each class has in that version. What is not there raises AttributeError, as it would on the
user's machine; what is there and is played by no class below raises Unplayed, so that a test cannot pass by accident.

A fake plan is a header and JSON; running it gives, for face `n` and label `k`, `mean(pixels[n]) * (k + 1)`. One without
weights gives zeros until it is refitted from the very ONNX file that it was built from.
"""

from __future__ import annotations

import ctypes
import functools
import hashlib
import json
from enum import IntEnum
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np

TAGS = {"tensorrt": b"ftrt", "tensorrt_rtx": b"vtrt"}
Severity = IntEnum("Severity", ["INTERNAL_ERROR", "ERROR", "WARNING", "INFO", "VERBOSE"], start=0)


def plan_bytes(
    flavour="tensorrt",
    version="10.13.3.9",
    shape=(1, 32, 32),
    labels=7,
    profile=(1, 8, 32),
    version_compatible=False,
    stripped="",
) -> bytes:
    """stripped: the SHA-256 of the ONNX file that has the weights of a plan without them."""
    parts = [*(int(part) for part in version.split(".")), 0, 0, 0][:4]
    facts = {"shape": shape, "labels": labels, "profile": profile, "version_compatible": version_compatible}
    facts["stripped"] = stripped
    return TAGS[flavour] + bytes(20) + bytes(parts) + bytes(36) + json.dumps(facts).encode()


class Unplayed(Exception):
    """The real TensorRT has it, the fake does not play it."""


@functools.cache
def table() -> tuple[list[str], dict[str, list[bool]]]:
    """Columns such as `tensorrt 10.3.0`, and for each `Class` or `Class.name` whether a column has it."""
    rows = (Path(__file__).parent / "tensorrt_api.tsv").read_text(encoding="utf-8").splitlines()[1:]
    head, *body = (row.split("\t") for row in rows)
    return head[1:], {name: [mark == "y" for mark in marks] for name, *marks in body}


def column(flavour: str, version: str) -> int:
    """The newest column of a flavour that is not newer than `version`, else its oldest."""
    wanted = tuple(int(part) for part in version.split("."))
    columns = [
        (tuple(map(int, name.split()[1].split("."))), n)
        for n, name in enumerate(table()[0])
        if name.split()[0] == flavour
    ]
    older = [one for one in columns if one[0][: len(wanted)] <= wanted]
    return max(older or [min(columns)])[1]


class Play:
    """Base of what is played. `_own`: names for tests, beyond the real class."""

    _own: tuple[str, ...] = ()
    _module: TensorRT

    def __setattr__(self, name, value):
        if not name.startswith("_") and name not in (*self._names, *self._own):
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        super().__setattr__(name, value)


class NotPlayed:
    """A name that the real class has and the fake does not play."""

    def __set_name__(self, owner, name):
        self.name = f"{owner.__name__}.{name}"

    def __get__(self, instance, owner):
        if instance is None:
            return self
        raise Unplayed(f"{self.name}: play it in {__file__}")


class ILogger:
    Severity = Severity

    def __init__(self) -> None:
        """The real one must be initialised by its subclass."""


class IProgressMonitor:
    def __init__(self) -> None:
        """The real one must be initialised by its subclass."""


class IHostMemory(Play):
    def __init__(self, data) -> None:
        self._data = data

    @property
    def nbytes(self):
        return len(self._data)

    def __bytes__(self):
        return self._data


class IExecutionContext(Play):
    def __init__(self, engine) -> None:
        self._engine, self._addresses, self._shape, self._ran = engine, {}, None, False

    def set_tensor_address(self, name, memory):
        self._module.calls.append(f"address {name}")
        self._addresses[name] = memory
        return True

    def set_input_shape(self, name, shape):
        assert isinstance(shape, (tuple, list))
        smallest, _, largest = self._engine._plan["profile"]
        self._module.calls.append(f"shape {tuple(shape)}")
        self._shape, self._ran = tuple(shape), False
        return name == "pixels" and smallest <= shape[0] <= largest

    def execute_async_v3(self, stream_handle):
        assert type(stream_handle) is int, "TensorRT takes the stream's handle"
        self._module.calls.append(f"run {self._shape[0]}")
        if self._module.broken == "run":
            self._engine._logger.log(Severity.ERROR, "an illegal memory access")
            return False
        cuda = self._module.cuda
        if cuda is None:
            self._compute(self._shape)
            return True
        assert stream_handle in cuda.streams
        if cuda.capturing is not None and not self._ran:
            self._engine._logger.log(Severity.ERROR, "the first call after a change of shape cannot be captured")
            return False
        self._ran = True
        cuda._do("run", functools.partial(self._compute, self._shape))
        return True

    def _compute(self, shape):
        means = _floats(self._addresses["pixels"], shape).mean(axis=(1, 2, 3))
        labels = self._engine._plan["labels"]
        weights = np.arange(1, labels + 1) * (not self._engine._lacks_weights)
        _floats(self._addresses["logits"], (len(means), labels))[:] = means[:, None] * weights


class IRuntimeCache(Play):
    """Says what it holds, and takes nothing but what this version wrote."""

    def __init__(self) -> None:
        self._data = b""

    def serialize(self):
        return self._module.IHostMemory(self._data)

    def deserialize(self, blob):
        if bytes(blob) != f"kernels of {self._module.__version__}".encode():
            return False
        self._data = bytes(blob)
        return True


class IRuntimeConfig(Play):
    dynamic_shapes_kernel_specialization_strategy = cuda_graph_strategy = None
    _cache = None

    def create_runtime_cache(self):
        return self._module.IRuntimeCache()

    def set_runtime_cache(self, cache=None):
        self._cache = cache
        return True

    def get_runtime_cache(self):
        return self._cache


class EngineInspector(Play):
    execution_context = None

    def get_engine_information(self, format):  # noqa: A002
        assert format is self._module.LayerInformationFormat.JSON
        return self._module.layer_table


class ICudaEngine(Play):
    num_io_tensors = 2
    device_memory_size_v2 = 4096

    def __init__(self, plan, logger) -> None:
        self._plan, self._logger = plan, logger
        self._lacks_weights = bool(plan["stripped"])

    @property
    def refittable(self):
        return bool(self._plan["stripped"])

    def get_tensor_name(self, index):
        return ("pixels", "logits")[index]

    def get_tensor_mode(self, name):
        return self._module.TensorIOMode.INPUT if name == "pixels" else self._module.TensorIOMode.OUTPUT

    def get_tensor_dtype(self, name):
        return self._module.DataType.FLOAT

    def get_tensor_shape(self, name):
        return [-1, *(self._plan["shape"] if name == "pixels" else [self._plan["labels"]])]

    def get_tensor_profile_shape(self, name, profile_index):
        assert (name, profile_index) == ("pixels", 0)
        return [[size, *self._plan["shape"]] for size in self._plan["profile"]]

    def create_runtime_config(self):
        return self._module.IRuntimeConfig()

    def create_execution_context(self, *config):
        self._module.calls.append(f"context {len(config)}")
        if config and config[0].cuda_graph_strategy is not None:
            assert config[0].cuda_graph_strategy in self._module.CudaGraphStrategy
            self._module.calls.append(f"graphs {config[0].cuda_graph_strategy.name}")
        if self._module.broken == "context":
            return None
        if config:
            strategies = self._module.DynamicShapesKernelSpecializationStrategy
            assert config[0].dynamic_shapes_kernel_specialization_strategy is strategies.EAGER
            if (cache := config[0].get_runtime_cache()) is not None:
                cache._data = f"kernels of {self._module.__version__}".encode()
        return self._module.IExecutionContext(self)

    def create_engine_inspector(self):
        return self._module.EngineInspector()

    def get_engine_stat(self, stat):
        return {"TOTAL_WEIGHTS_SIZE": 1234}[stat.name]


class Refitter(Play):
    """Of one engine; its one weight comes from the ONNX file that the engine was built from."""

    def __init__(self, engine, logger) -> None:
        assert isinstance(logger, ILogger)
        assert engine.refittable, "pybind11::init(): factory function returned nullptr"
        self._engine, self._has = engine, False

    def get_missing_weights(self):
        return [] if self._has else ["conv.weight"]

    def refit_cuda_engine(self):
        self._module.calls.append("refit")
        if self._module.broken == "refit":
            return bool(self._engine._logger.log(Severity.ERROR, "IRefitter::refitCudaEngine: Error Code 1"))
        self._engine._lacks_weights = not self._has
        return self._has


class OnnxParserRefitter(Play):
    def __init__(self, refitter, logger) -> None:
        assert isinstance(logger, ILogger)
        self._refitter, self.num_errors = refitter, 0

    def refit_from_bytes(self, model, path=None):
        right = hashlib.sha256(model).hexdigest() == self._refitter._engine._plan["stripped"]
        if self._module.broken == "incomplete":
            return True
        self._refitter._has, self.num_errors = right, int(not right)
        return right

    def get_error(self, index):
        return SimpleNamespace(desc=lambda: "Only successfully refitted 0 weights\n out of 1")


class Runtime(Play):
    """Takes plans of its own version; the lean one takes those alone that were built for it."""

    def __init__(self, logger) -> None:
        assert isinstance(logger, ILogger)
        assert self._module.__name__ != "tensorrt_lean" or self._module.has_driver, "the lean runtime crashes here"
        self._logger = logger

    def get_engine_validity(self, buffer):
        """An answer of the real one's form: the validity, and a word of bits."""
        assert bytes(buffer)
        return "EngineValidity.INVALID", 4

    def deserialize_cuda_engine(self, serialized_engine):
        self._module.calls.append("deserialise")
        if self._module.broken == "deserialise":
            return self._refuse("IRuntime::deserializeCudaEngine: Error Code 1\n  Serialization")
        head, facts = serialized_engine[:64], json.loads(bytes(serialized_engine)[64:])
        lean = self._module.__name__ == "tensorrt_lean"
        if facts["version_compatible"] and not lean:
            return self._refuse("the plan holds no lean runtime, and none was loaded for it")
        if lean and not facts["version_compatible"]:
            return self._refuse("Unexpected call to stub loadRunner for ReformatRunner")
        if head[24:27] != bytes(int(part) for part in self._module.__version__.split(".")[:3]):
            return self._refuse("the plan was built by another version of TensorRT")
        return self._module.ICudaEngine(facts, self._logger)

    def _refuse(self, reason):
        self._logger.log(Severity.ERROR, reason)


class ITimingCache(Play):
    """Holds one line for each build that measured."""

    def __init__(self, data=b"") -> None:
        self._data = bytes(data)

    def serialize(self):
        return self._module.IHostMemory(self._data)


class IBuilderConfig(Play):
    _own = ("profiles", "targets", "set_flags", "pools")
    profiling_verbosity = progress_monitor = hardware_compatibility_level = None
    num_compute_capabilities = 0

    def __init__(self) -> None:
        self.profiles, self.targets, self.set_flags, self.pools = [], {}, set(), {}
        self._timing = None

    def add_optimization_profile(self, profile):
        self.profiles.append(profile._shapes)
        return 0

    def set_compute_capability(self, compute_capability, index):
        self.targets[index] = compute_capability.name
        return index < self.num_compute_capabilities

    def set_flag(self, flag):
        self.set_flags.add(flag.name)

    def set_memory_pool_limit(self, pool, pool_size):
        self.pools[pool.name] = pool_size

    def create_timing_cache(self, serialized_timing_cache):
        return self._module.ITimingCache(serialized_timing_cache)

    def set_timing_cache(self, cache, ignore_mismatch):
        assert ignore_mismatch is False
        self._timing = cache
        return not cache._data or cache._data.startswith(self._module.__version__.encode())

    def get_timing_cache(self):
        return self._timing


class IOptimizationProfile(Play):
    def __init__(self) -> None:
        self._shapes = {}

    def set_shape(self, input, min, opt, max):  # noqa: A002
        self._shapes[input] = (min, opt, max)


class INetworkDefinition(Play):
    def get_input(self, index):
        assert index == 0
        return SimpleNamespace(name="pixels", shape=[-1, 1, 32, 32])


class Builder(Play):
    def __init__(self, logger) -> None:
        assert isinstance(logger, ILogger)
        self._logger = logger

    def create_network(self, flags=0):
        assert flags == 1 << self._module.NetworkDefinitionCreationFlag.STRONGLY_TYPED, "networks are strongly typed"
        return self._module.INetworkDefinition()

    def create_builder_config(self):
        return self._module.IBuilderConfig()

    def create_optimization_profile(self):
        return self._module.IOptimizationProfile()

    def build_serialized_network(self, network, config):
        self._module.built.append(config)
        monitor = config.progress_monitor
        monitor.phase_start("Building engine", None, 2)
        for step in range(2):
            if not monitor.step_complete("Building engine", step):
                return None
        monitor.phase_finish("Building engine")
        if config.pools.get("WORKSPACE", 1 << 40) < 1 << 20:
            self._logger.log(Severity.ERROR, "Error Code 2: OutOfMemory (Requested size was 1048576 bytes.)")
            return None
        if config._timing is not None:
            config._timing._data = config._timing._data or f"{self._module.__version__} kernel times".encode()
        known = {"version_compatible": "VERSION_COMPATIBLE" in config.set_flags}
        if "STRIP_PLAN" in config.set_flags:
            known["stripped"] = hashlib.sha256(network._onnx).hexdigest()
        return self._module.IHostMemory(plan_bytes(self._module.__name__, self._module.__version__, **known))


class OnnxParser(Play):
    num_errors = 0

    def __init__(self, network, logger) -> None:
        assert isinstance(logger, ILogger)
        self._network = network

    def parse(self, model):
        self._network._onnx = bytes(model)
        return bool(model)


PLAYED = (
    IHostMemory, IExecutionContext, IRuntimeCache, IRuntimeConfig, EngineInspector, ICudaEngine, Refitter, OnnxParserRefitter, Runtime, ITimingCache,
    IBuilderConfig, IOptimizationProfile, INetworkDefinition, Builder, OnnxParser,
)  # fmt: skip
SUBCLASSED = {"ILogger": ILogger, "IProgressMonitor": IProgressMonitor}


class TensorRT(ModuleType):
    """One flavour and version. calls: what was called; built: the configurations of its builds; broken: the call that
    fails; layer_table: what the inspector tells; cuda: the fake CUDA whose streams it runs on."""

    def __init__(self, name: str, version: str, has_driver: bool = True) -> None:
        super().__init__(name)
        # PyTorch's exporter asks for it.
        self.__spec__ = ModuleSpec(name, None)
        self.__version__, self.has_driver = version, has_driver
        self.calls, self.built, self.broken, self.cuda = [], [], "", None
        self.layer_table = '{"Layers": []}'
        number = column(name, version)
        played = {kind.__name__: kind for kind in PLAYED}
        own: dict[str, set[str]] = {}
        for entry, marks in table()[1].items():
            kind, _, attribute = entry.partition(".")
            if marks[number]:
                own.setdefault(kind, set()).update({attribute} - {""})
        for kind, names in own.items():
            if kind in SUBCLASSED:
                setattr(self, kind, SUBCLASSED[kind])
            elif "value" in names:
                setattr(self, kind, self._enumeration(kind, names - {"name", "value"}))
            else:
                setattr(self, kind, self._class(played.get(kind) or type(kind, (Play,), {}), names))

    def __getattr__(self, name):
        if not name.startswith("_") and name not in table()[1]:
            raise Unplayed(f"{name}: no TensorRT has it, or tests/tensorrt_api.tsv lacks it")
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")

    def _class(self, play, names):
        for name in vars(play):
            known = name.startswith("_") or name in play._own or f"{play.__name__}.{name}" in table()[1]
            assert known, f"no TensorRT has {play.__name__}.{name}"
        space = {name: value for name, value in vars(play).items() if name.startswith("_") or name in names}
        space = {name: value for name, value in space.items() if name not in {"__dict__", "__weakref__"}}
        space |= {name: NotPlayed() for name in names if name not in space}
        return type(play.__name__, (Play,), {**space, "_module": self, "_names": frozenset(names)})

    def _enumeration(self, kind, names):
        # The one value that matters: STRONGLY_TYPED is 1 beside EXPLICIT_BATCH (TensorRT 10) and 0 without (11, RTX).
        return IntEnum(kind, sorted(names, key=lambda name: (name.startswith("PREFER"), name)), start=0)


def _floats(address, shape):
    return np.ctypeslib.as_array((ctypes.c_float * int(np.prod(shape))).from_address(address)).reshape(shape)
